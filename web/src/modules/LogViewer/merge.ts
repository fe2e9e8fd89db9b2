/** Several logs as one: by the times that lines tell; without times line by line, as nodes of a job say much the same. */
import { Ints } from './growing.ts'
import type { Lines } from './lines.ts'

export class Merge {
  /** Of each line the log, and its line there. */
  readonly log = new Ints()
  readonly line = new Ints()
  readonly #logs: Lines[]
  /** Up to where each log is in here. */
  readonly #taken: number[]

  constructor(logs: Lines[]) {
    this.#logs = logs
    this.#taken = logs.map(() => 0)
  }

  get length(): number {
    return this.log.length
  }

  /** Takes in what came, and says from which line on the order is another one. */
  grow(stamps: boolean): number {
    const { log, line } = this
    const logs = this.#logs
    const next = this.#taken
    const ends = logs.map((l) => l.complete)
    const total = ends.reduce((n, end) => n + end, 0)
    if (total === log.length) return total
    const keys = stamps ? logs.map((l) => l.times()) : undefined
    let moved = log.length
    for (let n = this.#back(ends); n < total; n++) {
      let best = -1
      let least = Number.POSITIVE_INFINITY
      for (let k = 0; k < logs.length; k++) {
        const at = next[k] as number
        if (at >= (ends[k] as number)) continue
        const key = keys ? ((keys[k] as Float64Array)[at] as number) : at
        if (best < 0 || key < least) {
          best = k
          least = key
        }
      }
      if (n >= log.length || log.at(n) !== best) {
        moved = Math.min(moved, n)
        log.length = line.length = n
        log.push(best)
        line.push(next[best] as number)
      }
      next[best] = (next[best] as number) + 1
    }
    return moved
  }

  /** Goes back to where a log that has grown was at its end: up to there its new lines change nothing. */
  #back(ends: number[]): number {
    const next = this.#taken
    const grown = new Set([...ends.keys()].filter((k) => (ends[k] as number) > (next[k] as number)))
    let n = this.log.length
    for (; n > 0; n--) {
      const k = this.log.at(n - 1)
      grown.delete(k)
      if (grown.size === 0) break
      next[k] = (next[k] as number) - 1
    }
    return n
  }
}
