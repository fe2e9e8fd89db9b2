import { describe, expect, it } from 'vitest'
import { makeFormat } from './text.tsx'

const en = makeFormat('en')
const ko = makeFormat('ko')
const now = Date.parse('2026-11-29T12:00:00Z')

describe('formats', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [738, '738 bytes'],
    [1500, '1.5 kB'],
    [105_000_000, '105 MB'],
  ])('%i bytes', (n, want) => expect(en.bytes(n)).toBe(want))
  it.each([
    [0, '0 sec'],
    [999, '1 sec'],
    [125_000, '2 min 5 sec'],
    [3_600_000, '1 hr'],
    [3_605_000, '1 hr'],
    [90_000_000, '1 day 1 hr'],
    [-5, '0 sec'],
  ])('%i ms last', (n, want) => expect(en.duration(n)).toBe(want))
  it('tells how long ago in Korean', () => {
    expect(ko.ago(now - 3 * 60_000, now)).toBe('3분 전')
    expect(ko.ago(now + 2 * 3_600_000, now)).toBe('2시간 후')
  })
  it('shows small money to the tenth of a cent', () => {
    expect(en.money(0.073)).toBe('$0.073')
    expect(en.money(12.5)).toBe('$12.50')
    expect(ko.money(12.5)).toBe('US$12.50')
    expect(en.money(0)).toBe('$0.00')
  })
})
