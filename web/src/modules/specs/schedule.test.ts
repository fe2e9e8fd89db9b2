import { describe, expect, it } from 'vitest'
import { cronOf, nextRuns, type ScheduleValues, scheduleBody, scheduleValues, weekDays } from './schedule.ts'

const work: ScheduleValues = { action: 'Stop', time: '18:00', days: ['1', '2', '3', '4', '5'], timeZone: 'Asia/Seoul' }
const iso = (v: ScheduleValues, now: string, count?: number) =>
  nextRuns(v, Date.parse(now), count).map((at) => new Date(at).toISOString())

describe('schedules', () => {
  it('are cron lines', () => {
    expect(cronOf(work)).toBe('0 18 * * 1,2,3,4,5')
    expect(cronOf({ ...work, time: '09:05', days: [...weekDays] })).toBe('5 9 * * *')
  })

  it('are read again as they were made', () => {
    for (const v of [work, { ...work, action: 'Start' as const, time: '00:30', days: [...weekDays] }]) {
      expect(scheduleValues(scheduleBody(v))).toEqual(v)
    }
    expect(
      scheduleValues({ ...scheduleBody(work), cron: { expression: '*/5 * * * *', timeZone: 'UTC' } }),
    ).toBeUndefined()
    expect(scheduleValues({ ...scheduleBody(work), status: 'Disabled' }), 'it would be switched on').toBeUndefined()
  })

  it('come next in the time of their zone, over a weekend', () => {
    // Friday 17:30 in Seoul.
    expect(iso(work, '2026-11-27T08:30:00Z')).toEqual([
      '2026-11-27T09:00:00.000Z',
      '2026-11-30T09:00:00.000Z',
      '2026-12-01T09:00:00.000Z',
    ])
    expect(iso(work, '2026-11-27T09:00:00Z', 1)).toEqual(['2026-11-30T09:00:00.000Z'])
  })

  it('keep their time of day when the clocks change', () => {
    const berlin = { ...work, days: [...weekDays], timeZone: 'Europe/Berlin', time: '09:00' }
    expect(iso(berlin, '2026-10-24T00:00:00Z')).toEqual([
      '2026-10-24T07:00:00.000Z',
      '2026-10-25T08:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
    ])
  })

  it('are the day of the zone, not of UTC', () => {
    const monday = { ...work, days: ['1'], time: '08:00' }
    expect(iso(monday, '2026-11-29T12:00:00Z', 1)).toEqual(['2026-11-29T23:00:00.000Z'])
  })

  it('never come without a day or a time', () => {
    expect(iso({ ...work, days: [] }, '2026-11-29T12:00:00Z')).toEqual([])
    expect(iso({ ...work, time: '25:00' }, '2026-11-29T12:00:00Z')).toEqual([])
  })
})
