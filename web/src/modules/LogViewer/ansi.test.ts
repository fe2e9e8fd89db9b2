import { describe, expect, test } from 'vitest'
import { clean, pieces } from './ansi.ts'
import { paint } from './paint.ts'

describe('colours', () => {
  test.each([
    ['plain', [{ text: 'plain', look: {} }]],
    [
      'a\x1b[31mred\x1b[0mb',
      [
        { text: 'a', look: {} },
        { text: 'red', look: { color: 1 } },
        { text: 'b', look: {} },
      ],
    ],
    ['\x1b[1;32;44mx', [{ text: 'x', look: { bold: true, color: 2, background: 4 } }]],
    [
      '\x1b[92mx\x1b[39my',
      [
        { text: 'x', look: { color: 10 } },
        { text: 'y', look: { color: undefined } },
      ],
    ],
    ['\x1b[38;5;196mx', [{ text: 'x', look: { color: 9 } }]],
    ['\x1b[38;2;20;160;20mx', [{ text: 'x', look: { color: 2 } }]],
    ['\x1b[38;5;1;4mx', [{ text: 'x', look: { color: 1, underline: true } }]],
    ['\x1b[mx', [{ text: 'x', look: {} }]],
  ])('%j', (text, wanted) => expect(pieces(text)).toEqual(wanted))
  test('what moves the cursor, sets a title or links is left out', () => {
    expect(clean('\x1b[2K\x1b[1Gx\x1b]0;title\x07y\x1b]8;;http://e\x1b\\z\x07\x00')).toBe('xyz')
    expect(clean('tab\there')).toBe('tab\there')
  })
  test('a sequence that is cut off does no harm', () => {
    expect(clean('x\x1b[3')).toBe('x[3')
    expect(clean('x\x1b]0;never ends')).toBe('x')
  })
})

describe('paint', () => {
  test('what was found crosses colours', () => {
    const found = paint('lo\x1b[31mss=\x1b[0m2', /loss=\d/g, false)
    expect(found.map((p) => [p.text, p.found, p.look.color])).toEqual([
      ['lo', true, undefined],
      ['ss=', true, 1],
      ['2', true, undefined],
    ])
  })
  test('without the time', () => {
    expect(paint('2026-11-29T22:17:52Z a b', /b/g, true).map((p) => [p.text, p.found])).toEqual([
      ['a ', false],
      ['b', true],
    ])
  })
  test('expressions that find nothing much end', () => {
    expect(paint('abc', /x*/g, false).map((p) => p.text)).toEqual(['abc'])
  })
  test('tags stay text', () => {
    expect(paint('<img src=x onerror=alert(1)>', undefined, false)).toEqual([
      { at: 0, text: '<img src=x onerror=alert(1)>', look: {}, found: false },
    ])
  })
})
