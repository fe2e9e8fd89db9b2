/** How grave a line of a log says it is, and when it says it was written; read from its bytes, for a million lines of them. */

export const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

/** 0 says that a line tells no level; those that do count from 1. */
export const info = levels.indexOf('info') + 1
export const error = levels.indexOf('error') + 1
export const numberOf = (level: string | undefined): number => levels.indexOf(level as Level) + 1

const warn = error - 1
const words: [string, number][] = [
  ['trace', 1],
  ['debug', 2],
  ['info', info],
  ['notice', info],
  ['warning', warn],
  ['warn', warn],
  ['error', error],
  ['err', error],
  ['critical', error],
  ['fatal', error],
  ['panic', error],
  ['severe', error],
]
const byFirst: (readonly [Uint8Array, number])[][] = Array.from({ length: 128 }, () => [])
for (const [word, level] of words) {
  const bytes = new TextEncoder().encode(word)
  byFirst[bytes[0] as number]?.push([bytes, level])
}

const kinds = new Uint8Array(256) // 1: part of a word
for (let c = 0; c < 256; c++) {
  const word = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c >= 128
  kinds[c] = word ? 1 : 0
}

/** Levels stand at the beginning of a line; further on the same words are just words. */
const within = 120
const [escaping, letterM, bracket, closing, colon, equals, quote, single, space, tab] = [
  27, 109, 91, 93, 58, 61, 34, 39, 32, 9,
]

/** The level that a line tells, or 0. */
export function levelOf(b: Uint8Array, begin: number, end: number): number {
  const to = Math.min(end, begin + within)
  let i = begin
  while (i < to) {
    const c = b[i] as number
    if (c === escaping) {
      while (i < to && b[i] !== letterM) i++
      i++
      continue
    }
    if (kinds[c] === 0) {
      i++
      continue
    }
    const at = i
    const found = wordAt(b, at, begin, end)
    if (found) return found
    while (i < end && kinds[b[i] as number] === 1) i++
    if (at === begin) {
      const early = firstWord(b, at, i, end)
      if (early) return early
    }
  }
  return 0
}

function wordAt(b: Uint8Array, at: number, begin: number, end: number): number {
  const first = (b[at] as number) | 32
  const found = first < 128 ? (byFirst[first] as (typeof byFirst)[number]) : []
  for (const [word, level] of found) {
    const after = at + word.length
    if (after > end || (after < end && kinds[b[after] as number] === 1)) continue
    let upper = true
    let same = true
    for (let k = 0; k < word.length && same; k++) {
      const c = b[at + k] as number
      same = (c | 32) === word[k]
      upper &&= c < 97
    }
    if (same && (upper || marked(b, at, after, begin, end))) return level
  }
  return 0
}

/** A word in small letters is a level where it is set apart as one: "[info]", "error:", "level=warn", '"level":"warn"'. */
function marked(b: Uint8Array, at: number, after: number, begin: number, end: number): boolean {
  const next = after < end ? b[after] : 0
  const before = at > begin ? b[at - 1] : 0
  if (next === colon) return before !== quote && before !== single
  if (before === bracket && next === closing) return true
  if (before !== equals && before !== quote && before !== single && before !== colon) return false
  let i = at - 1
  while (i > begin && [equals, quote, single, colon, space].includes(b[i] as number)) i--
  const name = String.fromCharCode(...b.subarray(Math.max(begin, i - 7), i + 1)).toLowerCase()
  return name.endsWith('level') || name.endsWith('lvl') || name.endsWith('severity')
}

const ascii = (text: string) => new TextEncoder().encode(text)
const [traceback, errorWord, exceptionWord] = [ascii('Traceback'), ascii('Error'), ascii('Exception')]

const is = (b: Uint8Array, at: number, word: Uint8Array): boolean => {
  for (let k = 0; k < word.length; k++) if (b[at + k] !== word[k]) return false
  return true
}

/** What the first word of a line says: glog's "E1129 22:01:02", Python's "Traceback (most" and "torch.OutOfMemoryError: …". */
function firstWord(b: Uint8Array, at: number, to: number, end: number): number {
  const c = b[at] as number
  if (to - at === 5 && b[to] === space && (b[at + 1] as number) < 58 && (b[at + 4] as number) < 58) {
    if (c === 73) return info
    if (c === 87) return warn
    if (c === 69 || c === 70) return error
  }
  if (to - at === traceback.length && is(b, at, traceback)) return error
  while (to < end && (b[to] === 46 || kinds[b[to] as number] === 1)) to++ // names of modules
  if (to < end && b[to] !== colon && b[to] !== 10 && b[to] !== 13) return 0
  for (const word of [errorWord, exceptionWord]) {
    if (to - at > word.length && is(b, to - word.length, word)) return error
  }
  return 0
}

/** Whether a line without a level belongs to the one before: it is indented, or empty. */
export function continues(b: Uint8Array, begin: number, end: number): boolean {
  const c = b[begin]
  return end - begin <= 1 || c === space || c === tab || c === 10
}

const stamp =
  /^\[?(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?\]?(?=[\s:|,-]|$)/

/** How long the time at the beginning of a line is, with what parts it from the rest; 0 if there is none. */
export function stampLength(text: string): number {
  const found = stamp.exec(text)
  if (!found) return 0
  let end = found[0].length
  while (text[end] === ' ' || text[end] === '\t') end++
  return end
}

/** When a line says it was written, in milliseconds; undefined if it does not. Times without a date are of one day. */
export function stampOf(text: string): number | undefined {
  const m = stamp.exec(text)
  if (!m) return undefined
  const [, year, month, day, h, min, s, fraction, zone] = m
  const part = fraction ? Number(`0.${fraction}`) * 1000 : 0
  const at = Date.UTC(Number(year ?? 1970), Number(month ?? 1) - 1, Number(day ?? 1), Number(h), Number(min), Number(s))
  if (!zone || zone === 'Z') return at + part
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return at + part - (zone[0] === '-' ? -1 : 1) * minutes * 60_000
}
