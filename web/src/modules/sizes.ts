/** Which sizes a form offers, in which order, and which one it begins with. */
import type { SizeInfo } from '~/api/types.ts'

export type Processor = 'CPU' | 'GPU'
export type SizeColumn = 'name' | 'vcpu' | 'memory' | 'gpu' | 'quota' | 'capacity' | 'price'
export type SizeSort = { column: SizeColumn; descending: boolean }

export const processorOf = (s: SizeInfo): Processor => (s.gpus > 0 ? 'GPU' : 'CPU')

/** Whether nodes of the size can be had, now or after a wait. */
export const canChoose = (s: SizeInfo): boolean => s.availability !== 'NoQuota' && s.availability !== 'NotAllowed'

/** Whether nodes of the size can be had now. */
export const isAvailable = (s: SizeInfo): boolean => s.availability === 'Available' || s.availability === 'Partial'

/** The size that a form begins with: the first recommended one that can be had, else the cheapest that can. */
export function firstSize(sizes: SizeInfo[], processor?: Processor, vCPUs = 0): string {
  const fits = sizes.filter((s) => (!processor || processorOf(s) === processor) && s.vCPUs >= vCPUs)
  const local = fits.find((s) => s.category === 'Local' && canChoose(s))
  const cheapest = [...fits].sort((a, b) => (a.pricePerHour ?? 0) - (b.pricePerHour ?? 0))
  const good = cheapest.find((s) => s.recommended && s.availability === 'Available')
  return (local ?? good ?? cheapest.find(isAvailable) ?? cheapest.find(canChoose))?.name ?? ''
}

/**
 * The size to fill into a form, undefined if it has one. One that was chosen and cannot be had stays: whoever chose it is
 * told why, and chooses another.
 */
export function sizeToFill(sizes: SizeInfo[], chosen: string, processor: Processor): string | undefined {
  const size = sizes.find((s) => s.name === chosen)
  return size && processorOf(size) === processor ? undefined : firstSize(sizes, processor)
}

/** Words that all must be found: in the name, the GPU, the sort of machine, or as "8 cores" and "2 gpus" are written. */
export function matches(s: SizeInfo, query: string): boolean {
  const text =
    `${s.name} ${s.family} ${s.category} ${s.gpuModel ?? ''} ${s.vCPUs}cores ${s.vCPUs}vcpu ${s.vCPUs}코어 ${s.memoryGB}gb ${s.gpus}gpu ${s.gpus}×${s.gpuModel ?? ''}`.toLowerCase()
  const words = query
    .toLowerCase()
    .replace(/(\d+)\s+(cores?|vcpus?|gb|gpus?|코어)/g, '$1$2')
    .split(/\s+/)
    .filter(Boolean)
  return words.every((w) => text.includes(/^\d+gpus$/.test(w) ? w.slice(0, -1) : w))
}

const unlimited = (n: number | null): number => (n === null || n < 0 ? Number.POSITIVE_INFINITY : n)

const by: Record<SizeColumn, (s: SizeInfo) => string | number> = {
  name: (s) => s.name,
  vcpu: (s) => s.vCPUs,
  memory: (s) => s.memoryGB,
  gpu: (s) => s.gpus,
  quota: (s) => unlimited(s.quota.available),
  capacity: (s) => unlimited(s.capacity),
  price: (s) => s.pricePerHour ?? 0,
}

export function sorted(sizes: SizeInfo[], { column, descending }: SizeSort): SizeInfo[] {
  const value = by[column]
  const compare = new Intl.Collator('en', { numeric: true }).compare
  const turn = descending ? -1 : 1
  return [...sizes].sort((a, b) => {
    const [x, y] = [value(a), value(b)]
    const order = typeof x === 'number' && typeof y === 'number' ? (x === y ? 0 : x - y) : compare(String(x), String(y))
    return order === 0 ? compare(a.name, b.name) : order * turn
  })
}
