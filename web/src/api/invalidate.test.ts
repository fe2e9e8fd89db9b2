import { QueryClient } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'
import { append, Invalidator, matches, stale } from './invalidate.ts'
import { keys } from './keys.ts'
import type { AtelierEvent } from './types.ts'

const event = (seq: number, target: string, more: Partial<AtelierEvent> = {}): AtelierEvent => ({
  seq,
  target: `workspaces/s~g~w/${target}`,
  actor: 'compute',
  verb: 'updated',
  at: '2026-11-29T10:00:00Z',
  rev: 1,
  uid: 'u',
  ...more,
})
const data = (...pages: number[][]) => ({
  pages: pages.map((p) => ({ value: p.map((seq) => event(seq, 'computes/gpu')) })),
  pageParams: pages.map(() => 0),
})
const seqs = (d: ReturnType<typeof append>) => d?.pages.map((p) => p.value.map((e) => e.seq))

describe('matches', () => {
  test.each([
    [{}, true],
    [{ target: 'computes/gpu' }, true],
    [{ target: 'computes/GPU/nodes/n-1' }, true],
    [{ target: 'computes/gp' }, false],
    [{ target: 'jobs/gpu' }, false],
    [{ actor: 'compute', verb: 'updated' }, true],
    [{ actor: 'kim' }, false],
    [{ reason: 'NodeReady' }, false],
  ])('%j', (filter, wanted) => {
    expect(matches(filter, event(1, 'computes/gpu/nodes/n-1'))).toBe(wanted)
  })
})

describe('append', () => {
  test('puts new events behind the newest page and leaves older pages', () => {
    expect(seqs(append(data([5, 6], [1, 2]), [event(6, 'x/y'), event(7, 'x/y')]))).toEqual([
      [5, 6, 7],
      [1, 2],
    ])
  })
  test('knows nothing of a list that was not loaded', () => {
    expect(append(undefined, [event(1, 'x/y')])).toBeUndefined()
  })
  test('a page that grows for long forgets its oldest', () => {
    const long = append(
      data([1]),
      Array.from({ length: 1001 }, (_, i) => event(i + 2, 'x/y')),
    )
    expect(long?.pages[0]?.value).toHaveLength(500)
    expect(long?.pages[0]?.value.at(-1)?.seq).toBe(1002)
  })
})

test('what happens to a node makes its compute old, not the jobs', () => {
  const found = stale(event(1, 'computes/gpu/nodes/n-1'))
  expect(found).toContainEqual(keys.compute('gpu'))
  expect(found).not.toContainEqual(keys.jobs())
})

test('lists of events take up what matches them without being asked for again', () => {
  const client = new QueryClient()
  client.setQueryData(keys.events({ target: 'computes/gpu', top: 100 }), data([1]))
  client.setQueryData(keys.events({ target: 'jobs/j', top: 100 }), data([1]))
  new Invalidator(client).take([event(2, 'computes/gpu/nodes/n')])
  expect(seqs(client.getQueryData(keys.events({ target: 'computes/gpu', top: 100 })))).toEqual([[1, 2]])
  expect(seqs(client.getQueryData(keys.events({ target: 'jobs/j', top: 100 })))).toEqual([[1]])
})
