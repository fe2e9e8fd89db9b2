/** What is said of an instance that the server does not say in so many words. */
import type { InstanceProps, NodeInfo, Schedule } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { parseSeconds } from '~/modules/specs/numbers.ts'

export type IdleClock = { since: number; stopsAt: number; after: number }

/** How long the instance has been without work, and when it will be stopped for that; undefined when it works or never will. */
export function idleClock(instance: InstanceProps, nodes: NodeInfo[]): IdleClock | undefined {
  const after = (parseSeconds(instance.idleTimeBeforeShutdown ?? '') ?? 0) * 1000
  const since = nodes.flatMap((n) => (n.idleSince ? [Date.parse(n.idleSince)] : []))[0]
  if (after === 0 || since === undefined || instance.state !== 'Running') return undefined
  return { since, stopsAt: since + after, after }
}

/** Bounds of the idle time of an instance, in seconds. */
export const idleBounds = { min: 15 * 60, max: 3 * 24 * 3600 }

/** What is wrong with an idle time that was typed; empty is never. */
export function idleProblem(text: string): MessageId | undefined {
  const n = parseSeconds(text, 'm')
  if (n === undefined) return 'details.schedules.bad.time'
  return n < idleBounds.min || n > idleBounds.max ? 'details.schedules.bad.bounds' : undefined
}

type Recurrence = {
  frequency?: string
  interval?: number
  timeZone?: string
  schedule?: { hours?: number[]; minutes?: number[]; weekDays?: string[] }
}

export type Plan = { cron: string | undefined; times: string[]; days: string[]; every: string; zone: string }

/** When a schedule is due, as far as its members say: they are kept as they were sent. */
export function planOf(s: Schedule): Plan {
  const cron = s.cron as { expression?: string; timeZone?: string } | undefined
  const r = s.recurrence as Recurrence | undefined
  const pad = (n: number) => String(n).padStart(2, '0')
  return {
    cron: cron?.expression,
    times: (r?.schedule?.hours ?? []).flatMap((h) => (r?.schedule?.minutes ?? [0]).map((m) => `${pad(h)}:${pad(m)}`)),
    days: r?.schedule?.weekDays ?? [],
    every: r ? `${r.frequency ?? ''} / ${r.interval ?? 1}` : '',
    zone: cron?.timeZone ?? r?.timeZone ?? 'UTC',
  }
}
