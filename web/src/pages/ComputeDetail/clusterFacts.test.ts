import { describe, expect, test } from 'vitest'
import type { AtelierEvent, ClusterProps, Job, NodeInfo } from '~/api/types.ts'
import { demandOf, goneNodes, lastFailure, preparing, shrinksAt } from './clusterFacts.ts'

const node = (more: Partial<NodeInfo>) => ({ nodeState: 'idle', state: 'Ready', since: null, ...more }) as NodeInfo
const cluster = (min: number, target: number) =>
  ({
    targetNodeCount: target,
    scaleSettings: { minNodeCount: min, maxNodeCount: 9, nodeIdleTimeBeforeScaleDown: 'PT1M' },
  }) as ClusterProps

test('nodes that prepare are counted by stage, since the first', () => {
  const found = preparing([
    node({ state: 'Booting', since: '2026-11-29T10:00:05Z' }),
    node({ state: 'Booting', since: '2026-11-29T10:00:01Z' }),
    node({ state: 'Wanted', since: '2026-11-29T10:00:09Z' }),
    node({}),
  ])
  expect(found).toEqual([
    { stage: 'Wanted', n: 1, since: '2026-11-29T10:00:09Z' },
    { stage: 'Booting', n: 2, since: '2026-11-29T10:00:01Z' },
  ])
})

describe('when the next idle node goes', () => {
  const idle = [node({ idleSince: '2026-11-29T10:00:30Z' }), node({ idleSince: '2026-11-29T10:00:00Z' })]
  test('after the idle time of the one that is idle for longest', () => {
    expect(shrinksAt(cluster(1, 2), idle)).toBe(Date.parse('2026-11-29T10:01:00Z'))
  })
  test('never when there are only as many as there must be', () => {
    expect(shrinksAt(cluster(2, 2), idle)).toBeUndefined()
  })
  test('never when none is idle', () => {
    expect(shrinksAt(cluster(0, 1), [node({ idleSince: null })])).toBeUndefined()
  })
})

test('demand is of jobs that wait, in nodes, since the first', () => {
  const job = (status: string, n: number, queuedTime: string) =>
    ({ properties: { status, resources: { instanceCount: n }, queuedTime } }) as Job
  expect(
    demandOf([
      job('Queued', 2, '2026-11-29T10:02:00Z'),
      job('Queued', 1, '2026-11-29T10:01:00Z'),
      job('Running', 4, ''),
    ]),
  ).toEqual({ jobs: 2, nodes: 3, since: '2026-11-29T10:01:00Z' })
})

test('the last failure is the newest event of a node or of the cluster that tells of one', () => {
  const event = (seq: number, target: string, reason?: string) => ({ seq, target, reason }) as AtelierEvent
  const node1 = 'workspaces/s~g~w/computes/gpu/nodes/n-1'
  expect(lastFailure([event(1, node1, 'BootTimeout'), event(2, node1, 'NodeReady')])?.seq).toBe(1)
  expect(lastFailure([event(1, 'workspaces/s~g~w/jobs/j', 'Preempted')])).toBeUndefined()
})

test('nodes that went are told with why, but not those that went for want of work', () => {
  const node = (seq: number, uid: string, verb: string, reason?: string) =>
    ({ seq, uid, verb, reason, at: `t${seq}`, target: `workspaces/s~g~w/computes/gpu/nodes/${uid}` }) as AtelierEvent
  expect(
    goneNodes([
      node(1, 'a', 'created'),
      node(2, 'a', 'updated', 'NodePreemptAsked'),
      node(3, 'a', 'updated', 'Preempted'),
      node(4, 'b', 'updated', 'BootTimeout'),
      node(5, 'a', 'deleted'),
      node(6, 'c', 'deleted'),
      node(7, 'b', 'deleted'),
    ]).map((n) => [n.name, n.state, n.reason]),
  ).toEqual([
    ['b', 'unusable', 'BootTimeout'],
    ['a', 'preempted', 'Preempted'],
  ])
})
