/** A line in pieces that look alike: its colours, and in them what the search found. */
import { type Look, pieces } from './ansi.ts'
import { stampLength } from './level.ts'
import { spans } from './search.ts'

export type Painted = { at: number; text: string; look: Look; found: boolean }

export function paint(text: string, re: RegExp | undefined, withoutStamp: boolean): Painted[] {
  const parts = pieces(text)
  const plain = parts.map((p) => p.text).join('')
  const skip = withoutStamp ? stampLength(plain) : 0
  const marks = re ? spans(re, plain) : []
  const out: Painted[] = []
  let at = 0
  for (const part of parts) {
    const end = at + part.text.length
    let from = Math.max(at, Math.min(skip, end))
    const add = (to: number, found: boolean) => {
      if (to > from) out.push({ at: from, text: plain.slice(from, to), look: part.look, found })
      from = Math.max(from, to)
    }
    for (const [begin, finish] of marks) {
      if (finish <= from) continue
      if (begin >= end) break
      add(Math.min(begin, end), false)
      add(Math.min(finish, end), true)
    }
    add(end, false)
    at = end
  }
  return out
}
