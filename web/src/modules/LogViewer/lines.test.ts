import { describe, expect, test } from 'vitest'
import { levels } from './level.ts'
import { Lines } from './lines.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function linesOf(...chunks: string[]): Lines {
  const lines = new Lines()
  for (const c of chunks) lines.append(bytes(c))
  return lines
}

const texts = (l: Lines) => Array.from({ length: l.count }, (_, i) => l.text(i))

describe('lines', () => {
  test('are found however the bytes come', () => {
    const whole = 'one\n\n둘째 줄\r\nlast'
    for (let cut = 0; cut <= bytes(whole).length; cut++) {
      const lines = new Lines()
      lines.append(bytes(whole).subarray(0, cut))
      lines.append(bytes(whole).subarray(cut))
      expect(texts(lines)).toEqual(['one', '', '둘째 줄', 'last'])
      expect(lines.complete).toBe(3)
    }
  })
  test('the last one goes on until it ends', () => {
    const lines = linesOf('a\nb')
    expect([lines.complete, lines.count]).toEqual([1, 2])
    lines.append(bytes('c'))
    expect(lines.text(1)).toBe('bc')
    lines.finish()
    expect([lines.complete, lines.count]).toEqual([2, 2])
    expect(lines.text(1)).toBe('bc')
  })
  test('nothing is nothing, and an end of line is no further line', () => {
    expect(linesOf().count).toBe(0)
    const lines = linesOf('a\n')
    lines.finish()
    expect(lines.count).toBe(1)
  })
  test('more than there was room for', () => {
    const lines = new Lines(10)
    const line = `${'x'.repeat(99)}\n`
    for (let i = 0; i < 3000; i++) lines.append(bytes(line))
    expect(lines.count).toBe(3000)
    expect(lines.text(2999)).toBe('x'.repeat(99))
  })
  test('of a progress bar what is on the screen at the end is shown, and all is copied', () => {
    const lines = linesOf('10%\r50%\r100%\ndone\r\n')
    expect(texts(lines)).toEqual(['100%', 'done'])
    expect(lines.raw(0, 0)).toBe('10%\r50%\r100%')
  })
  test('a long line is cut where it is shown', () => {
    expect(linesOf(`${'y'.repeat(500)}\n`).text(0, 100)).toHaveLength(100)
  })
  test('lines that go on have the level of the line before', () => {
    const lines = linesOf(
      'plain\nERROR boom\n  at here\n\nplain\nTraceback (most recent call last):\n  File "x"\nValueError: bad\n',
    )
    expect([...lines.levels.subarray(0, lines.complete)].map((l) => levels[l - 1])).toEqual([
      'info',
      'error',
      'error',
      'error',
      'info',
      'error',
      'error',
      'error',
    ])
  })
})
