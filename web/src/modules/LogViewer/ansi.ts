/** Colours of terminals, for the lines that are shown: text in pieces, each with what it looks like. What else an escape sequence asks for is left out. */

export type Look = {
  color?: number // 0 to 15
  background?: number
  bold?: boolean
  dim?: boolean
  italic?: boolean
  underline?: boolean
  inverse?: boolean
}
export type Piece = { text: string; look: Look }

// CSI sequences, OSC ones (titles, links), and the others of two characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const sequence = /\x1b(?:\[([0-9;:?]*)([@-~])|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const control = /[\x00-\x08\x0b-\x1f\x7f]/g

/** The text without its colours and other control characters. */
export const clean = (text: string): string => text.replace(sequence, '').replace(control, '')

/** Like clean, for many lines at once: their ends stay. */
export const withoutColours = (text: string): string => (text.includes('\x1b') ? text.replace(sequence, '') : text)

export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let look: Look = {}
  let at = 0
  const add = (part: string) => {
    const plain = part.replace(control, '')
    if (plain) found.push({ text: plain, look })
  }
  if (text.includes('\x1b')) {
    for (const m of text.matchAll(sequence)) {
      add(text.slice(at, m.index))
      at = m.index + m[0].length
      if (m[2] === 'm') look = after(look, m[1] ?? '')
    }
  }
  add(text.slice(at))
  return found
}

function after(look: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map(Number)
  let next = { ...look }
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i] ?? 0
    if (n === 0) next = {}
    else if (n === 1) next.bold = true
    else if (n === 2) next.dim = true
    else if (n === 3) next.italic = true
    else if (n === 4) next.underline = true
    else if (n === 7) next.inverse = true
    else if (n === 22) next.bold = next.dim = undefined
    else if (n === 23) next.italic = undefined
    else if (n === 24) next.underline = undefined
    else if (n === 27) next.inverse = undefined
    else if (n >= 30 && n <= 37) next.color = n - 30
    else if (n === 39) next.color = undefined
    else if (n >= 40 && n <= 47) next.background = n - 40
    else if (n === 49) next.background = undefined
    else if (n >= 90 && n <= 97) next.color = n - 82
    else if (n >= 100 && n <= 107) next.background = n - 92
    else if (n === 38 || n === 48) {
      const [color, used] = extended(numbers, i + 1)
      if (n === 38) next.color = color
      else next.background = color
      i += used
    }
  }
  return next
}

/** A colour out of 256, or of all, as the nearest of the sixteen: those are legible in light and in dark. */
function extended(numbers: number[], at: number): [number | undefined, number] {
  if (numbers[at] === 5) return [of256(numbers[at + 1] ?? 0), 2]
  if (numbers[at] === 2) return [nearest(numbers[at + 1] ?? 0, numbers[at + 2] ?? 0, numbers[at + 3] ?? 0), 4]
  return [undefined, 0]
}

function of256(n: number): number {
  if (n < 16) return n
  if (n >= 232) return n < 244 ? 8 : 7
  const step = (v: number) => (v === 0 ? 0 : 55 + 40 * v)
  const c = n - 16
  return nearest(step(Math.floor(c / 36)), step(Math.floor(c / 6) % 6), step(c % 6))
}

/** Which of red, green and blue are strong makes the colour; how strong, whether it is a bright one. */
function nearest(r: number, g: number, b: number): number {
  const most = Math.max(r, g, b)
  if (most < 64) return 0
  if (most - Math.min(r, g, b) < 32) return most > 200 ? 15 : most > 128 ? 7 : 8
  const strong = (v: number, bit: number) => (v > most * 0.6 ? bit : 0)
  return (strong(r, 1) | strong(g, 2) | strong(b, 4)) + (most > 215 ? 8 : 0)
}
