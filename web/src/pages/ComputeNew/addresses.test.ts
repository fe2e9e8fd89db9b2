import { describe, expect, it } from 'vitest'
import { inside, overlap, parseAddress, parseRange, type Range } from './addresses.ts'

const range = (text: string): Range => parseRange(text) as Range

describe('addresses', () => {
  it('are four numbers up to 255', () => {
    expect(parseAddress('10.0.0.10')).toBe(10 * 2 ** 24 + 10)
    expect(parseAddress('255.255.255.255')).toBe(2 ** 32 - 1)
    for (const wrong of ['10.0.0', '10.0.0.256', '10.0.0.1.2', 'a.b.c.d', '', '10.0.0.-1']) {
      expect(parseAddress(wrong), wrong).toBeUndefined()
    }
  })
  it('have ranges', () => {
    expect(range('172.17.0.1/16')).toEqual(range('172.17.0.0/16'))
    expect(range('0.0.0.0/0').last).toBe(2 ** 32 - 1)
    for (const wrong of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/16/2', 'x/8']) {
      expect(parseRange(wrong), wrong).toBeUndefined()
    }
  })
  it('lie in ranges, which overlap or do not', () => {
    expect(inside(parseAddress('10.0.255.255') as number, range('10.0.0.0/16'))).toBe(true)
    expect(inside(parseAddress('10.1.0.0') as number, range('10.0.0.0/16'))).toBe(false)
    expect(overlap(range('10.0.0.0/8'), range('10.9.0.0/16'))).toBe(true)
    expect(overlap(range('10.0.0.0/16'), range('172.17.0.1/16'))).toBe(false)
  })
})
