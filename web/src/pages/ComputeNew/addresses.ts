/** IPv4 ranges, as far as the rules of a cluster's network need them. */

export type Range = { first: number; last: number }

/** An address as a number, or undefined if it is none. */
export function parseAddress(text: string): number | undefined {
  const parts = text.trim().split('.')
  if (parts.length !== 4 || !parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255)) return undefined
  return parts.reduce((n, p) => n * 256 + Number(p), 0)
}

/** "10.0.0.0/16" from its first address to its last; bits beyond the length do not matter. */
export function parseRange(text: string): Range | undefined {
  const [head = '', length = '', ...rest] = text.trim().split('/')
  const address = parseAddress(head)
  const bits = Number(length)
  if (rest.length > 0 || address === undefined || !/^\d{1,2}$/.test(length) || bits > 32) return undefined
  const size = 2 ** (32 - bits)
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}

export const overlap = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last
export const inside = (address: number, range: Range): boolean => address >= range.first && address <= range.last
