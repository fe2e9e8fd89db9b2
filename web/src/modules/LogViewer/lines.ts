/** The bytes of one log, where its lines begin, and what is known of each line. Nothing is decoded before it is shown. */
import { clean } from './ansi.ts'
import { Ints, room } from './growing.ts'
import { continues, info, levelOf, stampOf } from './level.ts'

const newline = 10
const carriageReturn = 13

/** Beyond this a log is not read further: a browser tab should not hold more. Line numbers stay right this way. */
export const mostBytes = 512 * 1024 * 1024

const decoder = new TextDecoder()

export class Lines {
  bytes: Uint8Array<ArrayBuffer>
  size = 0
  /** Where each line that is complete ends, after its newline. */
  ends = new Ints(1 << 14)
  /** Level of each complete line: its own, that of the line it continues, or that of plain words. */
  levels: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 14)
  /** Which complete lines the search found. */
  hits: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 14)
  over = false
  #times = new Float64Array(0)
  #timed = 0 // lines whose times are known

  constructor(expected = 0) {
    // A log that still grows gets some room, so that it need not be copied at once.
    this.bytes = new Uint8Array(Math.min(expected, mostBytes) + (1 << 16))
  }

  get complete(): number {
    return this.ends.length
  }

  /** How many lines there are, with the one that is still being written. */
  get count(): number {
    return this.ends.length + (this.size > this.begin(this.ends.length) ? 1 : 0)
  }

  get full(): boolean {
    return this.size >= mostBytes
  }

  begin(line: number): number {
    return line === 0 ? 0 : this.ends.at(line - 1)
  }

  /** Where a line's text ends: before its newline, and before the carriage return of some systems. */
  end(line: number): number {
    if (line >= this.ends.length) return this.size
    let end = this.ends.at(line)
    if (this.bytes[end - 1] === newline) end--
    if (end > this.begin(line) && this.bytes[end - 1] === carriageReturn) end--
    return end
  }

  append(chunk: Uint8Array): void {
    const part = this.size + chunk.length > mostBytes ? chunk.subarray(0, mostBytes - this.size) : chunk
    const from = this.size
    this.bytes = room(this.bytes, from + part.length)
    this.bytes.set(part, from)
    this.size = from + part.length
    const seen = this.bytes.subarray(0, this.size)
    for (let at = seen.indexOf(newline, from); at >= 0; at = seen.indexOf(newline, at + 1)) this.#close(at + 1)
  }

  /** Nothing more comes: what is left is a line, too. */
  finish(): void {
    if (this.size > this.begin(this.ends.length)) this.#close(this.size)
    this.over = true
  }

  #close(end: number): void {
    const line = this.ends.length
    this.ends.push(end)
    if (line >= this.levels.length) {
      this.levels = room(this.levels, line + 1)
      this.hits = room(this.hits, line + 1)
    }
    const begin = this.begin(line)
    const own = levelOf(this.bytes, begin, end)
    const before = line > 0 ? (this.levels[line - 1] as number) : info
    this.levels[line] = own || (continues(this.bytes, begin, end) ? before : info)
  }

  /** The text of a line, at most so many bytes of it. What a progress bar wrote over is left out. */
  text(line: number, most = Number.POSITIVE_INFINITY): string {
    const end = this.end(line)
    let begin = this.begin(line)
    const written = this.bytes.subarray(begin, end).lastIndexOf(carriageReturn)
    if (written >= 0 && begin + written + 1 < end) begin += written + 1
    return decoder.decode(this.bytes.subarray(begin, Math.min(end, begin + most)))
  }

  /** When each complete line was written; one that does not say so goes with the line before. Each is read once. */
  times(): Float64Array {
    if (this.#times.length < this.complete) {
      const longer = new Float64Array(Math.max(this.complete, Math.ceil(this.#times.length * 1.5)))
      longer.set(this.#times)
      this.#times = longer
    }
    let last = this.#timed > 0 ? (this.#times[this.#timed - 1] as number) : Number.NEGATIVE_INFINITY
    for (; this.#timed < this.complete; this.#timed++) {
      last = stampOf(clean(this.text(this.#timed, 64))) ?? last
      this.#times[this.#timed] = last
    }
    return this.#times
  }

  /** Lines as they came, with all that is in them. */
  raw(from: number, to: number): string {
    return decoder.decode(this.bytes.subarray(this.begin(from), this.end(to)))
  }
}
