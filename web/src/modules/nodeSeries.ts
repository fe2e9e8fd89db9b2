/** Node counts over time: a step function, each value holds until the next point. */
import type { Series } from '~/api/types.ts'

/** In the order in which they are stacked, from below. */
export const stacked = ['running', 'idle', 'preparing', 'leaving', 'unusable', 'preempted'] as const
export type NodeState = (typeof stacked)[number]

const columns = (s: Series): number[][] => [s.target, s.current, ...stacked.map((state) => s.states[state])]

const withColumns = (s: Series, at: number[], all: number[][]): Series => {
  const [target = [], current = [], ...states] = all
  const named = Object.fromEntries(stacked.map((state, i) => [state, states[i] ?? []])) as Series['states']
  return { ...s, at, target, current, states: named }
}

/** The series as it is now: what was last holds until now, and what is longer ago than length is left out. */
export function stretch(s: Series, now: number, length: number): Series {
  if (s.at.length === 0) return s
  const from = now - length
  const next = s.at.findIndex((at) => at > from)
  const first = Math.max(0, next === -1 ? s.at.length - 1 : next - 1)
  const at = s.at.slice(first).map((x) => Math.max(x, from))
  const last = at.at(-1) ?? now
  const extra = last < now
  const cut = (values: number[]) => {
    const kept = values.slice(first)
    return extra ? [...kept, kept.at(-1) ?? 0] : kept
  }
  return {
    ...withColumns(s, extra ? [...at, now] : at, columns(s).map(cut)),
    from: new Date(from).toISOString(),
    to: new Date(now).toISOString(),
  }
}

/** Each state's upper edge when they are stacked. */
export function stack(s: Series): number[][] {
  let below = s.at.map(() => 0)
  return stacked.map((state) => {
    below = below.map((n, i) => n + (s.states[state][i] ?? 0))
    return below
  })
}

/** The index of the point that holds at a time; -1 before the first. */
export function pointAt(at: number[], time: number): number {
  let low = 0
  let high = at.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((at[middle] ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The indexes at which something is another than before. */
export function changes(s: Series): number[] {
  const all = columns(s)
  return s.at.flatMap((_, i) => (i === 0 || all.some((values) => values[i] !== values[i - 1]) ? [i] : []))
}

export function csvOf(s: Series): string {
  const head = ['time', 'target', 'current', ...stacked].join(',')
  const rows = s.at.map((at, i) => [new Date(at).toISOString(), ...columns(s).map((v) => v[i] ?? 0)].join(','))
  return `${[head, ...rows].join('\n')}\n`
}
