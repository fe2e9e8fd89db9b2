import { expect, test } from 'vitest'
import type { Series } from '~/api/types.ts'
import { changes, csvOf, pointAt, stack, stretch } from './nodeSeries.ts'

const hour = 3_600_000
const series = (at: number[], running: number[], idle: number[]): Series => {
  const none = at.map(() => 0)
  const sum = at.map((_, i) => (running[i] ?? 0) + (idle[i] ?? 0))
  return {
    from: new Date(0).toISOString(),
    to: new Date(hour).toISOString(),
    at,
    target: sum,
    current: sum,
    states: { running, idle, preparing: none, leaving: none, unusable: none, preempted: none },
  }
}

test('what was last holds until now', () => {
  const s = stretch(series([0, 1000], [1, 2], [0, 0]), 5000, hour)
  expect(s.at).toEqual([0, 1000, 5000])
  expect(s.states.running).toEqual([1, 2, 2])
  expect(s.target).toEqual([1, 2, 2])
})

test('what is longer ago is left out, but for what held when the time begins', () => {
  const s = stretch(series([0, 1000, 2000], [1, 2, 3], [0, 0, 0]), hour + 1500, hour)
  expect(s.at).toEqual([1500, 2000, hour + 1500])
  expect(s.states.running).toEqual([2, 3, 3])
})

test('after a long time without changes one value is left', () => {
  const s = stretch(series([0], [4], [0]), 10 * hour, hour)
  expect(s.at).toEqual([9 * hour, 10 * hour])
  expect(s.states.running).toEqual([4, 4])
})

test('nothing stays nothing', () => {
  expect(stretch(series([], [], []), hour, hour).at).toEqual([])
})

test('states are stacked on one another', () => {
  expect(stack(series([0, 1], [1, 0], [2, 3])).slice(0, 3)).toEqual([
    [1, 0],
    [3, 3],
    [3, 3],
  ])
})

test.each([
  [-1, -1],
  [0, 0],
  [9, 0],
  [10, 1],
  [99, 2],
])('at %i point %i holds', (time, index) => {
  expect(pointAt([0, 10, 20], time)).toBe(index)
})

test('points that change nothing are no changes', () => {
  expect(changes(series([0, 1, 2, 3], [1, 1, 2, 2], [0, 0, 0, 0]))).toEqual([0, 2])
})

test('csv has a line for each point', () => {
  expect(csvOf(series([0], [1], [2]))).toBe(
    'time,target,current,running,idle,preparing,leaving,unusable,preempted\n1970-01-01T00:00:00.000Z,3,3,1,2,0,0,0,0\n',
  )
})
