/** Search in a log: which of its lines a text or an expression is found in. */
import { withoutColours } from './ansi.ts'
import type { Lines } from './lines.ts'

export type Query = { text: string; regex: boolean; matchCase: boolean }

/** The expression for a query; a string says why there is none. */
export function expression(q: Query): RegExp | string {
  const source = q.regex ? q.text : q.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  try {
    return new RegExp(source, q.matchCase ? 'gm' : 'gim')
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error)
  }
}

/** How many bytes are decoded at once: enough to be fast, and soon done. */
const block = 4 << 20
const fewColoured = 500
const escaping = 27
const decoder = new TextDecoder()

/** Looks at complete lines from one on, a block of them, and marks those that are found. Says up to where it looked. */
export function searchBlock(lines: Lines, re: RegExp, from: number): number {
  const begin = lines.begin(from)
  let to = lines.ends.from(begin + block) + 1
  if (to > lines.complete) to = lines.complete
  if (to <= from) return from
  const bytes = lines.bytes.subarray(begin, lines.ends.at(to - 1))
  const coloured = linesWithColours(lines, bytes, begin)
  const decoded = decoder.decode(bytes)
  const text = coloured ? decoded : withoutColours(decoded)
  lines.hits.fill(0, from, to)
  // Where characters are bytes the index of lines knows their ends; else they are looked for.
  if (text.length === bytes.length) markByIndex(lines, re, text, from, to, begin)
  else markByText(lines, re, text, from, to)
  for (const line of coloured ?? []) {
    re.lastIndex = 0
    lines.hits[line] = re.test(withoutColours(lines.raw(line, line))) ? 1 : 0
  }
  return to
}

/** Colours are taken out line by line where few lines have them; undefined says that many have. */
function linesWithColours(lines: Lines, bytes: Uint8Array, begin: number): number[] | undefined {
  const found: number[] = []
  for (let at = bytes.indexOf(escaping); at >= 0; ) {
    const line = lines.ends.from(begin + at + 1)
    found.push(line)
    if (found.length > fewColoured) return undefined
    at = bytes.indexOf(escaping, lines.ends.at(line) - begin)
  }
  return found
}

function markByIndex(lines: Lines, re: RegExp, text: string, from: number, to: number, begin: number): void {
  const { hits } = lines
  const ends = lines.ends.data
  let line = from
  re.lastIndex = 0
  for (let m = re.exec(text); m; m = re.exec(text)) {
    const at = m.index + begin
    while (line < to && (ends[line] as number) <= at) line++
    if (line >= to) return
    hits[line] = 1
    re.lastIndex = (ends[line] as number) - begin
    if (re.lastIndex >= text.length) return
  }
}

function markByText(lines: Lines, re: RegExp, text: string, from: number, to: number): void {
  let line = from
  let end = text.indexOf('\n')
  re.lastIndex = 0
  for (let m = re.exec(text); m; m = re.exec(text)) {
    while (end >= 0 && end < m.index) {
      line++
      end = text.indexOf('\n', end + 1)
    }
    if (line >= to) return
    lines.hits[line] = 1
    if (end < 0 || end + 1 >= text.length) return
    re.lastIndex = end + 1
  }
}

/** Where a shown text is found: pairs of begin and end. */
export function spans(re: RegExp, text: string, most = 200): [number, number][] {
  const found: [number, number][] = []
  re.lastIndex = 0
  for (let m = re.exec(text); m && found.length < most; m = re.exec(text)) {
    if (m[0] === '') re.lastIndex++
    else found.push([m.index, m.index + m[0].length])
  }
  return found
}
