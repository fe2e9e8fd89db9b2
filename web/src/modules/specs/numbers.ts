/** Numbers and durations as people type them in forms, Korean keyboards and all, and as the wire has them. */

/** Full-width digits, letters, signs and spaces, as they come from Korean and Japanese keyboards, in their usual form. */
export const halfWidth = (text: string): string =>
  text.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replaceAll('　', ' ')

/** A whole number, or undefined if the text is none. */
export function parseWhole(text: string): number | undefined {
  const plain = halfWidth(text).trim().replace(/[,_]/g, '')
  return /^[+-]?\d{1,15}$/.test(plain) ? Number(plain) : undefined
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
const words: [RegExp, string][] = [
  [/초|sec(?:ond)?s?/g, 's'],
  [/분|min(?:ute)?s?/g, 'm'],
  [/시간|hours?|hrs?/g, 'h'],
  [/일|days?/g, 'd'],
]

/** Seconds of "120", "2m", "1h 30m", "2분" or "PT2M"; a bare number is in unit. */
export function parseSeconds(text: string, unit: 's' | 'm' = 's'): number | undefined {
  let plain = halfWidth(text).trim().toLowerCase()
  const whole = parseWhole(plain)
  if (whole !== undefined) return whole * (units[unit] ?? 1)
  for (const [word, letter] of words) plain = plain.replace(word, letter)
  plain = plain
    .replace(/\s+/g, '')
    .replace(/^p(?=.)/, '')
    .replace('t', '')
  if (!/^(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/.test(plain) || plain === '') return undefined
  let seconds = 0
  for (const [, n, letter] of plain.matchAll(/(\d+)([dhms])/g)) seconds += Number(n) * (units[letter ?? 's'] ?? 0)
  return seconds
}

/** A duration as the server writes it, ISO 8601: 120 is PT2M. */
export function isoDuration(seconds: number): string {
  if (seconds === 0) return 'PT0S'
  const days = Math.floor(seconds / 86_400)
  let rest = seconds % 86_400
  let out = seconds < 0 ? '-P' : 'P'
  if (days > 0) out += `${days}D`
  if (rest === 0) return out
  out += 'T'
  for (const [length, letter] of [
    [3600, 'H'],
    [60, 'M'],
    [1, 'S'],
  ] as const) {
    const n = Math.floor(rest / length)
    if (n > 0) out += `${n}${letter}`
    rest %= length
  }
  return out
}

/** Seconds of a duration that the server wrote. */
export const fromIso = (text: string): number | undefined => (/^P/.test(text) ? parseSeconds(text) : undefined)
