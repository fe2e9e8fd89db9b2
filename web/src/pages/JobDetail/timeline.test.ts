import { describe, expect, test } from 'vitest'
import type { AtelierEvent, Job } from '~/api/types.ts'
import { timeline } from './timeline.ts'
import { isText, pictureType, treeOf } from './tree.ts'

const time = (s: number) => new Date(Date.UTC(2026, 10, 29, 10, 0, s)).toISOString()

let seq = 0
const event = (s: number, state: string, below = ''): AtelierEvent => ({
  seq: ++seq,
  at: time(s),
  actor: 'jobs',
  verb: 'updated',
  target: `workspaces/s~g~w/jobs/j${below}`,
  uid: 'u',
  rev: 1,
  state,
})

const job = (status: string, more: object = {}): Job =>
  ({
    name: 'j',
    id: '',
    systemData: null,
    properties: { jobType: 'Command', status, createdTime: time(0), queuedTime: time(0), attempt: 1, ...more },
  }) as unknown as Job

const told = (j: Job, events: AtelierEvent[]) =>
  timeline(j, events).map((a) =>
    a.steps.map((s) => [s.stage, s.at?.slice(17, 19), s.until?.slice(17, 19)].filter(Boolean).join(' ')),
  )

describe('timeline', () => {
  test('what has been and what is to come', () => {
    expect(
      told(job('Preparing'), [
        event(0, 'Queued'),
        event(3, 'Starting'),
        event(4, 'Preparing'),
        event(4, 'Running', '/tasks/1-0'),
      ]),
    ).toEqual([['submitted 00 00', 'queued 00 03', 'provisioning 03 04', 'preparing 04', 'running', 'ended']])
  })
  test('to the end', () => {
    const events = [
      event(0, 'Queued'),
      event(3, 'Starting'),
      event(5, 'Running'),
      event(9, 'Finalizing'),
      event(10, 'Completed'),
    ]
    expect(told(job('Completed', { startTime: time(5), endTime: time(10) }), events)).toEqual([
      ['submitted 00 00', 'queued 00 03', 'provisioning 03 05', 'running 05 09', 'finalizing 09 10', 'ended 10'],
    ])
  })
  test('nodes that went make another attempt', () => {
    const events = [
      event(0, 'Queued'),
      event(1, 'Starting'),
      event(2, 'Running'),
      event(6, 'Queued'),
      event(8, 'Starting'),
    ]
    const all = timeline(job('Starting', { attempt: 2 }), events)
    expect(all.map((a) => [a.number, a.lost ?? false])).toEqual([
      [1, true],
      [2, false],
    ])
    expect(all[1]?.steps.map((s) => s.stage)).toEqual(['queued', 'provisioning', 'preparing', 'running', 'ended'])
  })
  test('a command that was over before anybody saw it run', () => {
    const events = [event(0, 'Queued'), event(1, 'Starting'), event(2, 'Finalizing'), event(3, 'Failed')]
    expect(told(job('Failed', { startTime: time(1), endTime: time(3) }), events)[0]?.slice(2)).toEqual([
      'provisioning 01 01',
      'running 01 02',
      'finalizing 02 03',
      'ended 03',
    ])
  })
  test('without events, by its own times', () => {
    expect(told(job('Completed', { startTime: time(4), endTime: time(9) }), [])).toEqual([
      ['submitted 00 00', 'queued 00 04', 'running 04 09', 'ended 09'],
    ])
  })
  test('canceled in the queue', () => {
    expect(told(job('Canceled', { endTime: time(2) }), [event(0, 'Queued'), event(2, 'Canceled')])).toEqual([
      ['submitted 00 00', 'queued 00 02', 'ended 02'],
    ])
  })
})

test('files by folder, with the sizes of folders', () => {
  const root = treeOf(
    [
      { path: 'b.txt', size: 1 },
      { path: 'm/deep/w.bin', size: 10 },
      { path: 'm/a.txt', size: 2 },
      { path: 'a10', size: 1 },
      { path: 'a9', size: 1 },
    ],
    new Intl.Collator('en', { numeric: true }).compare,
  )
  expect(root.size).toBe(15)
  expect(root.files.map((f) => f.name)).toEqual(['a9', 'a10', 'b.txt'])
  expect(root.folders.map((f) => [f.path, f.size, f.folders[0]?.path])).toEqual([['m', 12, 'm/deep']])
})

test('text, pictures and the rest', () => {
  expect(isText(new TextEncoder().encode('안녕하세요\n'.repeat(3000)))).toBe(true)
  expect(isText(new Uint8Array([1, 2, 0, 3]))).toBe(false)
  expect(isText(new Uint8Array(100).fill(0xff))).toBe(false)
  expect(isText(new Uint8Array())).toBe(true)
  expect([pictureType('a/B.PNG'), pictureType('x.txt')]).toEqual(['image/png', undefined])
})
