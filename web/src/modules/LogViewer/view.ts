/** The rows of one log, or of several merged, that a search and a level leave. */
import { clean } from './ansi.ts'
import { Ints } from './growing.ts'
import { error, info, stampOf } from './level.ts'
import type { Lines } from './lines.ts'
import type { Row } from './protocol.ts'

/** Of a longer line so much is shown; copied and downloaded it is whole. */
const mostShown = 20_000
export const mapParts = 200

export type Log = { rank: number; lines: Lines }

/** Which line of which log. */
type Place = [log: number, line: number]

export class View {
  logs: Log[] = []
  least = 0
  version = 0
  /** In merged logs: of each line the log, and its line there. One log is in its own order. */
  #order: { log: Uint16Array; line: Uint32Array; length: number } | undefined
  /** The lines that the level leaves; undefined is all. */
  #rows: Ints | undefined
  /** Rows that were found. */
  #hits = new Ints()
  #seen = 0 // lines that rows and hits know
  #stamps: boolean | undefined

  get lines(): number {
    if (this.#order) return this.#order.length
    return this.logs[0]?.lines.count ?? 0
  }

  get rows(): number {
    return this.#rows ? this.#rows.length : this.lines
  }

  get hits(): number {
    return this.#hits.length
  }

  /** Whether lines tell when they were written: those at the beginning of each log do. */
  get stamps(): boolean {
    if (this.#stamps === undefined) {
      const told = this.logs.filter((l) => l.lines.complete > 0).map((l) => stamped(l.lines))
      if (told.length === 0) return false
      this.#stamps = told.every(Boolean)
    }
    return this.#stamps
  }

  show(logs: Log[]): void {
    this.logs = logs
    this.#stamps = undefined
    this.rebuild()
  }

  keep(least: number): void {
    this.least = least
    this.rebuild()
  }

  /** Everything anew: after another search, level or set of logs. */
  rebuild(): void {
    this.version++
    this.#order = this.logs.length > 1 ? this.#merge() : undefined
    this.#rows = this.least > 0 ? new Ints() : undefined
    this.#hits = new Ints()
    this.#seen = 0
    this.#extend()
  }

  /** Takes in what came. Merged logs are merged anew, as what came may belong before what was there. */
  grow(): void {
    if (this.logs.length > 1) this.rebuild()
    else this.#extend()
  }

  #extend(): void {
    const one = this.logs[0]?.lines
    const to = this.#order ? this.#order.length : (one?.complete ?? 0)
    for (let line = this.#seen; line < to; line++) {
      let lines = one as Lines
      let at = line
      if (this.#order) {
        lines = (this.logs[this.#order.log[line] as number] as Log).lines
        at = this.#order.line[line] as number
      }
      if (this.#rows) {
        if ((lines.levels[at] as number) < this.least) continue
        this.#rows.push(line)
      }
      if (lines.hits[at]) this.#hits.push(this.#rows ? this.#rows.length - 1 : line)
    }
    this.#seen = to
  }

  #merge() {
    const total = this.logs.reduce((n, l) => n + l.lines.complete, 0)
    const log = new Uint16Array(total)
    const line = new Uint32Array(total)
    // Nodes of a job say much the same one after another: without times, line by line is nearest to what happened.
    const keys = this.stamps ? this.logs.map((l) => times(l.lines)) : undefined
    const next = new Uint32Array(this.logs.length)
    for (let n = 0; n < total; n++) {
      let best = -1
      let least = Number.POSITIVE_INFINITY
      for (let k = 0; k < next.length; k++) {
        const at = next[k] as number
        if (at >= (this.logs[k] as Log).lines.complete) continue
        const key = keys ? ((keys[k] as Float64Array)[at] as number) : at
        if (best < 0 || key < least) {
          best = k
          least = key
        }
      }
      log[n] = best
      line[n] = next[best] as number
      next[best] = (next[best] as number) + 1
    }
    return { log, line, length: total }
  }

  /** The line that a row shows, counted from 0. */
  lineOf(row: number): number {
    return this.#rows ? this.#rows.at(row) : row
  }

  /** The row of a line; if the line is left out, of the next that is not. */
  rowOf(line: number): number {
    const row = this.#rows ? this.#rows.from(line) : line
    return Math.max(0, Math.min(row, this.rows - 1))
  }

  #place(line: number): Place {
    if (!this.#order) return [0, line]
    return [this.#order.log[line] as number, this.#order.line[line] as number]
  }

  read(from: number, count: number): Row[] {
    const found: Row[] = []
    for (let row = Math.max(0, from); row < Math.min(from + count, this.rows); row++) {
      const line = this.lineOf(row)
      const [log, at] = this.#place(line)
      const { lines, rank } = this.logs[log] as Log
      const open = at >= lines.complete // its end is yet to come
      found.push({
        line: line + 1,
        text: lines.text(at, mostShown),
        cut: Math.max(0, lines.end(at) - lines.begin(at) - mostShown),
        level: open ? info : (lines.levels[at] as number),
        rank,
        hit: !open && lines.hits[at] === 1,
      })
    }
    return found
  }

  /** The text of lines from one to another (counted from 1), whichever rows are shown, as it came or without colours. */
  copy(from: number, to: number, plain: boolean): string {
    const last = Math.min(to, this.lines)
    const parts: string[] = []
    for (let line = Math.max(1, from) - 1; line < last; line++) {
      const [log, at] = this.#place(line)
      const { lines } = this.logs[log] as Log
      parts.push(plain ? clean(lines.text(at)) : lines.raw(at, at))
    }
    return parts.join('\n')
  }

  /** The next row that was found after one, or before it; round and round. */
  seek(from: number, back: boolean): { row: number; index: number } {
    const { length } = this.#hits
    if (length === 0) return { row: -1, index: -1 }
    const at = this.#hits.from(back ? from : from + 1)
    const index = back ? (at + length - 1) % length : at % length
    return { row: this.#hits.at(index), index }
  }

  map(): { hits: number[]; errors: number[] } {
    const { rows } = this
    const hits = new Array<number>(mapParts).fill(0)
    const errors = new Array<number>(mapParts).fill(0)
    const part = (row: number) => Math.floor((row * mapParts) / rows)
    const count = (into: number[], row: number) => {
      const p = part(row)
      into[p] = (into[p] ?? 0) + 1
    }
    for (let i = 0; i < this.#hits.length; i++) count(hits, this.#hits.at(i))
    for (let row = 0; row < rows; row++) {
      const [log, at] = this.#place(this.lineOf(row))
      const { lines } = this.logs[log] as Log
      if (at < lines.complete && (lines.levels[at] as number) >= error) count(errors, row)
    }
    return { hits, errors }
  }
}

function stamped(lines: Lines): boolean {
  const look = Math.min(lines.complete, 20)
  let n = 0
  for (let i = 0; i < look; i++) if (stampOf(clean(lines.text(i, 80))) !== undefined) n++
  return n * 2 > look
}

/** When each line was written; one that does not say so goes with the line before. */
function times(lines: Lines): Float64Array {
  const found = new Float64Array(lines.complete)
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < found.length; i++) {
    last = stampOf(clean(lines.text(i, 64))) ?? last
    found[i] = last
  }
  return found
}
