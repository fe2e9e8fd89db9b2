import { describe, expect, it } from 'vitest'
import type { SizeInfo } from '~/api/types.ts'
import { firstSize, matches, sizeToFill, sorted } from './sizes.ts'

const size = (name: string, more: Partial<SizeInfo> = {}): SizeInfo => ({
  name,
  family: 'f',
  vCPUs: 4,
  memoryGB: 14,
  gpus: 0,
  diskGB: 28,
  lowPriorityCapable: true,
  pricePerHour: 1,
  category: 'GeneralPurpose',
  quota: { used: 0, limit: -1, available: -1 },
  capacity: null,
  availability: 'Available',
  reason: null,
  recommended: false,
  ...more,
})

describe('sizes', () => {
  it('begins with the cheapest recommended one that can be had', () => {
    const all = [
      size('cheap', { pricePerHour: 0.1 }),
      size('none-left', { pricePerHour: 0.2, recommended: true, availability: 'WouldWait' }),
      size('dear', { pricePerHour: 3, recommended: true }),
      size('good', { pricePerHour: 0.4, recommended: true }),
      size('gpu', { gpus: 1, pricePerHour: 9, availability: 'WouldWait' }),
    ]
    expect(firstSize(all, 'CPU')).toBe('good')
    expect(firstSize(all, 'GPU')).toBe('gpu')
    expect(firstSize(all.slice(0, 2), 'CPU')).toBe('cheap')
    expect(firstSize([size('x', { availability: 'NoQuota' })])).toBe('')
    expect(firstSize([...all, size('Local', { category: 'Local', pricePerHour: null })], 'CPU')).toBe('Local')
  })

  it('are filled in where none is chosen, and never in place of one that is', () => {
    const all = [
      size('usual', { recommended: true }),
      size('used-up', { availability: 'NoQuota' }),
      size('barred', { availability: 'NotAllowed' }),
      size('gpu', { gpus: 1 }),
    ]
    expect(sizeToFill(all, '', 'CPU')).toBe('usual')
    expect(sizeToFill(all, 'of another location', 'CPU')).toBe('usual')
    expect(sizeToFill(all, 'usual', 'GPU')).toBe('gpu')
    for (const chosen of ['usual', 'used-up', 'barred']) expect(sizeToFill(all, chosen, 'CPU'), chosen).toBeUndefined()
  })

  it('are found by name, GPU and numbers', () => {
    const a100 = size('Standard_NC24ads_A100_v4', { gpus: 1, gpuModel: 'A100-80GB', vCPUs: 24, category: 'Gpu' })
    for (const q of ['a100', 'nc24 a100', '24 cores', '24코어', '1 gpu', '']) expect(matches(a100, q), q).toBe(true)
    for (const q of ['h100', '32 cores', 'a100 v5x']) expect(matches(a100, q), q).toBe(false)
  })

  it('are sorted by number, no limit last', () => {
    const names = (all: SizeInfo[]) => all.map((s) => s.name).join(' ')
    const all = [size('D16', { capacity: null }), size('D2', { capacity: 4 }), size('D4', { capacity: 0 })]
    expect(names(sorted(all, { column: 'name', descending: false }))).toBe('D2 D4 D16')
    expect(names(sorted(all, { column: 'capacity', descending: false }))).toBe('D4 D2 D16')
    expect(names(sorted(all, { column: 'capacity', descending: true }))).toBe('D16 D2 D4')
  })
})
