/** Which of a job's logs an address asks for. */
import type { LogInfo } from '~/api/types.ts'
import type { LogSearch } from './address.ts'

export type Chosen = {
  files: string[]
  file: string
  attempts: number[]
  attempt: number
  ranks: number[]
  rank: string
  logs: LogInfo[]
}

const unique = <T>(all: T[]): T[] => [...new Set(all)]

/** Nodes of one job have files of their own; what they have in common is the name without the number. */
export const common = (name: string): string => name.replace(/_process_\d+(?=\.\w+$)/, '')

/** What the command prints comes before how its environment was made. */
const order = (name: string): string => (name.startsWith('user_logs/') ? `0${name}` : `1${name}`)

/** The last attempt, what its command prints, and all of its nodes, if the address does not say otherwise. */
export function choose(all: LogInfo[], search: LogSearch): Chosen {
  const attempts = unique(all.map((l) => l.attempt)).sort((a, b) => a - b)
  const asked = Number(search.attempt)
  const attempt = attempts.includes(asked) ? asked : (attempts.at(-1) ?? 1)
  const those = all.filter((l) => l.attempt === attempt)
  const files = unique(those.map((l) => common(l.name))).sort((a, b) => (order(a) < order(b) ? -1 : 1))
  const file = files.find((f) => f === search.log) ?? files[0] ?? ''
  const same = those.filter((l) => common(l.name) === file).sort((a, b) => a.rank - b.rank)
  const ranks = same.map((l) => l.rank)
  const one = same.find((l) => String(l.rank) === search.rank)
  return { files, file, attempts, attempt, ranks, rank: one ? String(one.rank) : 'all', logs: one ? [one] : same }
}
