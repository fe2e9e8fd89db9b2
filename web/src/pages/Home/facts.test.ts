import { expect, test } from 'vitest'
import type { Compute, Job } from '~/api/types.ts'
import { idleComputes, idleSince, runningComputes, waitingJobs, workingJobs } from './facts.ts'

const instance = (name: string, state: string, more: object = {}) =>
  ({
    name,
    properties: { computeType: 'ComputeInstance', createdOn: '2026-11-01T00:00:00Z', properties: { state, ...more } },
  }) as unknown as Compute
const cluster = (name: string, current: number, min: number, idle: number) =>
  ({
    name,
    properties: {
      computeType: 'AmlCompute',
      properties: {
        currentNodeCount: current,
        scaleSettings: { minNodeCount: min, maxNodeCount: 8 },
        nodeStateCounts: { idleNodeCount: idle },
      },
    },
  }) as unknown as Compute
const job = (name: string, status: string, more: object = {}) =>
  ({ name, properties: { status, ...more } }) as unknown as Job
const names = (all: { name: string }[]) => all.map((x) => x.name)

test('what has machines runs, the largest first', () => {
  const all = [cluster('small', 1, 0, 0), cluster('off', 0, 0, 0), cluster('large', 5, 0, 0), instance('ci', 'Stopped')]
  expect(names(runningComputes(all))).toEqual(['large', 'small'])
})

test('jobs that wait come in the order of their waiting, jobs that work the newest first', () => {
  const jobs = [
    job('late', 'Queued', { queuedTime: '2026-11-02T00:00:00Z' }),
    job('early', 'Queued', { queuedTime: '2026-11-01T00:00:00Z' }),
    job('old', 'Running', { startTime: '2026-11-01T00:00:00Z' }),
    job('new', 'Preparing', { startTime: '2026-11-02T00:00:00Z' }),
    job('over', 'Completed'),
  ]
  expect(names(waitingJobs(jobs))).toEqual(['early', 'late'])
  expect(names(workingJobs(jobs))).toEqual(['new', 'old'])
})

test('idle is what costs and has no job: not one that waits, not nodes that go by themselves', () => {
  const all = [
    instance('ci', 'Running'),
    instance('busy', 'Running'),
    instance('stopping', 'Stopping'),
    cluster('kept', 2, 2, 2),
    cluster('going', 2, 0, 2),
  ]
  expect(names(idleComputes(all, [job('j', 'Queued', { computeId: '/x/computes/BUSY' })]))).toEqual(['ci', 'kept'])
})

test('an instance is idle since its last job or its start, whichever is later', () => {
  const started = { lastOperation: { operationTime: '2026-11-03T00:00:00Z' } }
  const early = job('j', 'Completed', { endTime: '2026-11-02T00:00:00Z' })
  const late = job('j', 'Completed', { endTime: '2026-11-04T00:00:00Z' })
  expect(idleSince(instance('ci', 'Running', started), early)).toBe(Date.parse('2026-11-03T00:00:00Z'))
  expect(idleSince(instance('ci', 'Running', started), late)).toBe(Date.parse('2026-11-04T00:00:00Z'))
  expect(idleSince(instance('ci', 'Running'), null)).toBe(Date.parse('2026-11-01T00:00:00Z'))
  expect(idleSince(instance('ci', 'Running'), undefined)).toBeUndefined()
})
