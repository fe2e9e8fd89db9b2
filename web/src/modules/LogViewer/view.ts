/** The rows of one log, or of several merged, that a search and a level leave. */
import { clean } from './ansi.ts'
import { Ints } from './growing.ts'
import { error, info, stampOf } from './level.ts'
import type { Lines } from './lines.ts'
import { Merge } from './merge.ts'
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
  /** The order of merged logs. One log is in its own. */
  #order: Merge | undefined
  /** The lines that the level leaves; undefined is all. */
  #rows: Ints | undefined
  /** Rows that were found. */
  #hits = new Ints()
  /** Rows that tell an error. */
  #errors = new Ints()
  #seen = 0 // lines that rows, hits and errors know
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
    this.#order = logs.length > 1 ? new Merge(logs.map((l) => l.lines)) : undefined
    this.rebuild()
  }

  keep(least: number): void {
    this.least = least
    this.rebuild()
  }

  /** The rows anew: after another search, level or set of logs. */
  rebuild(): void {
    this.#order?.grow(this.stamps)
    this.#rows = this.least > 0 ? new Ints() : undefined
    this.#hits = new Ints()
    this.#errors = new Ints()
    this.#seen = 0
    this.#extend()
  }

  /** Takes in what came. In merged logs it may belong before what was there. */
  grow(): void {
    if (this.#order) this.#forget(this.#order.grow(this.stamps))
    this.#extend()
  }

  /** Drops what is known of lines from one on. */
  #forget(line: number): void {
    if (line >= this.#seen) return
    this.#seen = line
    if (this.#rows) this.#rows.length = this.#rows.from(line)
    const rows = this.#rows ? this.#rows.length : line
    this.#hits.length = this.#hits.from(rows)
    this.#errors.length = this.#errors.from(rows)
  }

  #extend(): void {
    const order = this.#order
    const one = this.logs[0]?.lines
    const to = order ? order.length : (one?.complete ?? 0)
    for (let line = this.#seen; line < to; line++) {
      const lines = order ? (this.logs[order.log.at(line)] as Log).lines : (one as Lines)
      const at = order ? order.line.at(line) : line
      const level = lines.levels[at] as number
      if (level < this.least) continue
      this.#rows?.push(line)
      const row = this.#rows ? this.#rows.length - 1 : line
      if (lines.hits[at]) this.#hits.push(row)
      if (level >= error) this.#errors.push(row)
    }
    this.#seen = to
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
    return [this.#order.log.at(line), this.#order.line.at(line)]
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
    const begins = Array.from({ length: mapParts + 1 }, (_, part) => Math.ceil((part * this.rows) / mapParts))
    const counts = (found: Ints) => {
      const before = begins.map((row) => found.from(row))
      return before.slice(1).map((n, part) => n - (before[part] as number))
    }
    return { hits: counts(this.#hits), errors: counts(this.#errors) }
  }
}

function stamped(lines: Lines): boolean {
  const look = Math.min(lines.complete, 20)
  let n = 0
  for (let i = 0; i < look; i++) if (stampOf(clean(lines.text(i, 80))) !== undefined) n++
  return n * 2 > look
}
