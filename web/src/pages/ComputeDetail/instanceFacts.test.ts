import { describe, expect, test } from 'vitest'
import type { InstanceProps, NodeInfo } from '~/api/types.ts'
import { idleClock, idleProblem, planOf } from './instanceFacts.ts'

const instance = (more: Partial<InstanceProps>) =>
  ({ state: 'Running', idleTimeBeforeShutdown: 'PT30M', ...more }) as InstanceProps
const node = (idleSince: string | null) => [{ idleSince }] as NodeInfo[]

describe('the idle clock', () => {
  test('runs from when the work ended', () => {
    const since = Date.parse('2026-11-29T10:00:00Z')
    expect(idleClock(instance({}), node('2026-11-29T10:00:00Z'))).toEqual({
      since,
      stopsAt: since + 1_800_000,
      after: 1_800_000,
    })
  })
  test.each([
    ['never stops for it', instance({ idleTimeBeforeShutdown: null }), node('2026-11-29T10:00:00Z')],
    ['works', instance({}), node(null)],
    ['is stopped', instance({ state: 'Stopped' }), node('2026-11-29T10:00:00Z')],
    ['has no machine', instance({}), []],
  ])('stands still when the instance %s', (_, i, nodes) => {
    expect(idleClock(i, nodes)).toBeUndefined()
  })
})

test.each([
  ['30', undefined],
  ['2h', undefined],
  ['3일', undefined],
  ['14', 'details.schedules.bad.bounds'],
  ['4d', 'details.schedules.bad.bounds'],
  ['soon', 'details.schedules.bad.time'],
  ['', 'details.schedules.bad.time'],
])('an idle time of "%s"', (text, wanted) => {
  expect(idleProblem(text)).toBe(wanted)
})

test('a schedule is told by its cron expression, or by its days and times', () => {
  const base = { id: 's', provisioningStatus: 'Failed' }
  expect(planOf({ ...base, cron: { expression: '0 18 * * 1-5', timeZone: 'Korea Standard Time' } })).toMatchObject({
    cron: '0 18 * * 1-5',
    zone: 'Korea Standard Time',
  })
  const schedule = { hours: [9], minutes: [0, 30], weekDays: ['Monday'] }
  expect(planOf({ ...base, recurrence: { frequency: 'Week', interval: 1, schedule } })).toMatchObject({
    times: ['09:00', '09:30'],
    days: ['Monday'],
    zone: 'UTC',
  })
})
