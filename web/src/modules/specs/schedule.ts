/** Start and stop times of an instance: what the form holds, the cron line of it, and when it would be next. */
import type { ScheduleBody } from './wire.ts'

export type ScheduleValues = {
  action: 'Start' | 'Stop'
  /** "09:00" in the time zone. */
  time: string
  /** Days of the week, 0 is Sunday. */
  days: string[]
  timeZone: string
}

export const mostSchedules = 4
export const weekDays = ['1', '2', '3', '4', '5', '6', '0'] as const

const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/

export const isClock = (text: string): boolean => clock.test(text)

export function cronOf({ time, days }: ScheduleValues): string {
  const [, hours = '0', minutes = '0'] = clock.exec(time) ?? []
  const week = days.length === 7 ? '*' : [...days].sort().join(',')
  return `${Number(minutes)} ${Number(hours)} * * ${week}`
}

export const scheduleBody = (v: ScheduleValues): ScheduleBody => ({
  action: v.action,
  status: 'Enabled',
  triggerType: 'Cron',
  cron: { expression: cronOf(v), timeZone: v.timeZone },
})

/** The form's values of a schedule that the form could have made; undefined of others, and of one that is switched off. */
export function scheduleValues(s: ScheduleBody): ScheduleValues | undefined {
  if (s.status === 'Disabled') return undefined
  const m = /^(\d+) (\d+) \* \* (\*|[0-6](?:,[0-6])*)$/.exec(s.cron?.expression ?? '')
  if (!m || !s.cron) return undefined
  const [, minutes = '', hours = '', week = ''] = m
  return {
    action: s.action === 'Start' ? 'Start' : 'Stop',
    time: `${hours.padStart(2, '0')}:${minutes.padStart(2, '0')}`,
    days: week === '*' ? [...weekDays] : week.split(','),
    timeZone: s.cron.timeZone,
  }
}

/** How far a zone is ahead of UTC at an instant. */
function offset(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const n = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  const local = Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second'))
  return local - Math.floor(at / 1000) * 1000
}

const day = 86_400_000

/** The next instants of a schedule after now, each in the zone's own time of that day, summer or winter. */
export function nextRuns(v: ScheduleValues, now: number, count = 3): number[] {
  const [, hours, minutes] = clock.exec(v.time) ?? []
  if (hours === undefined || v.days.length === 0) return []
  const local = now + offset(v.timeZone, now)
  const midnight = Math.floor(local / day) * day
  const found: number[] = []
  for (let i = 0; i < 15 && found.length < count; i++) {
    const start = midnight + i * day
    if (!v.days.includes(String(new Date(start).getUTCDay()))) continue
    const wall = start + Number(hours) * 3_600_000 + Number(minutes) * 60_000
    // The offset of that day, looked up where it may have changed since.
    const guess = wall - offset(v.timeZone, wall)
    const at = wall - offset(v.timeZone, guess)
    if (at > now) found.push(at)
  }
  return found
}
