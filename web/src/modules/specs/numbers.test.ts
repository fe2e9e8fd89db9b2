import { describe, expect, it } from 'vitest'
import { fromIso, isoDuration, parseSeconds, parseWhole } from './numbers.ts'

describe('numbers in forms', () => {
  it.each([
    ['4', 4],
    ['４', 4],
    [' １２ ', 12],
    ['1,000', 1000],
    ['-1', -1],
    ['－１', -1],
    ['', undefined],
    ['four', undefined],
    ['1.5', undefined],
  ])('parseWhole(%j) is %j', (text, want) => expect(parseWhole(text)).toBe(want))

  it.each([
    ['120', 120],
    ['１２０', 120],
    ['2m', 120],
    ['２ｍ', 120],
    ['1h 30m', 5400],
    ['1h30m', 5400],
    ['2분', 120],
    ['1시간 30분', 5400],
    ['2 minutes', 120],
    ['90s', 90],
    ['1d', 86_400],
    ['PT2M', 120],
    ['P1DT2H', 93_600],
    ['0', 0],
    ['-5', -5],
    ['', undefined],
    ['m', undefined],
    ['2x', undefined],
    ['30m1h', undefined],
  ])('parseSeconds(%j) is %j', (text, want) => expect(parseSeconds(text)).toBe(want))

  it('reads a bare number in the unit of its field', () => {
    expect(parseSeconds('30', 'm')).toBe(1800)
    expect(parseSeconds('30s', 'm')).toBe(30)
  })

  it.each([
    [0, 'PT0S'],
    [120, 'PT2M'],
    [125, 'PT2M5S'],
    [3600, 'PT1H'],
    [86_400, 'P1D'],
    [93_784, 'P1DT2H3M4S'],
  ])('writes %d seconds as the server does: %s', (seconds, iso) => {
    expect(isoDuration(seconds)).toBe(iso)
    expect(fromIso(iso)).toBe(seconds)
  })
})
