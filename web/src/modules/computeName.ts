/** The rules of a compute's name, as the server has them, so that they can be told while it is typed. */

export type NameRule = 'length' | 'chars' | 'start' | 'dash'
export const nameRules: readonly NameRule[] = ['length', 'chars', 'start', 'dash']

export type NameLimits = { min: number; max: number }
export const computeNames: NameLimits = { min: 3, max: 24 }
export const inferenceNames: NameLimits = { min: 2, max: 16 }

/** Which rules a name breaks; of an empty one only the length. */
export function brokenRules(name: string, limits: NameLimits = computeNames): NameRule[] {
  const broken: NameRule[] = []
  if (name.length < limits.min || name.length > limits.max) broken.push('length')
  if (name === '') return broken
  if (!/^[A-Za-z0-9-]*$/.test(name)) broken.push('chars')
  if (!/^[A-Za-z]/.test(name)) broken.push('start')
  if (/-[^A-Za-z]*$/.test(name)) broken.push('dash')
  return broken
}

/** All rules in one expression, for an input's pattern and for schemas. */
export function namePattern({ min, max }: NameLimits = computeNames): RegExp {
  return new RegExp(`^[A-Za-z](?=.{${min - 1},${max - 1}}$)(?:[A-Za-z0-9]|-(?=[A-Za-z0-9-]*[A-Za-z]))*$`)
}

/**
 * Up to three valid names near one that is not, the nearest first. Stem is what the thing is called when nothing of
 * the name can be kept, for example "cluster". A name is not suggested that is taken.
 */
export function suggestNames(
  name: string,
  stem: string,
  limits: NameLimits = computeNames,
  taken: (name: string) => boolean = () => false,
): string[] {
  const clean = name
    .trim()
    .replace(/[_.\s/]+/g, '-')
    .replace(/[^A-Za-z0-9-]/g, '')
    .replace(/^[^A-Za-z]+/, '')
  const found: string[] = []
  const offer = (candidate: string) => {
    const same = found.some((f) => f.toLowerCase() === candidate.toLowerCase())
    if (!same && candidate !== name && namePattern(limits).test(candidate) && !taken(candidate)) found.push(candidate)
  }
  const tail = /-([^A-Za-z]*)$/.exec(clean)?.[1] ?? ''
  const head = clean.replace(/-[^A-Za-z]*$/, '')
  const digits = tail.replaceAll('-', '')
  if (digits !== '') {
    offer(shorten(head, `-n${digits}`, limits))
    offer(shorten(head, digits, limits))
  }
  offer(shorten(head, '', limits))
  if (head !== '' && head.length < limits.min) offer(shorten(head, `-${stem}`, limits))
  offer(shorten(clean, '', limits))
  if (clean === '') offer(shorten(stem, '', limits))
  const base = head || stem
  for (let n = 2; found.length === 0 && n < 100; n++) offer(shorten(base, `-n${n}`, limits))
  return found.slice(0, 3)
}

/** The first of "cluster", "cluster-n2", "cluster-n3" … that is free. */
export function freeName(stem: string, taken: (name: string) => boolean, limits: NameLimits = computeNames): string {
  if (!taken(stem) && namePattern(limits).test(stem)) return stem
  return suggestNames(stem, stem, limits, (n) => n === stem || taken(n))[0] ?? stem
}

/** Head and tail within the length; the head gives way, and does not end in "-". */
function shorten(head: string, tail: string, { max }: NameLimits): string {
  const cut = head.slice(0, Math.max(0, max - tail.length))
  return (tail.startsWith('-') || tail === '' ? cut.replace(/-[^A-Za-z]*$/, '') : cut) + tail
}
