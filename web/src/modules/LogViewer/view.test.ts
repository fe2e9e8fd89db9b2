import { describe, expect, test, vi } from 'vitest'
import { numberOf } from './level.ts'
import { Lines } from './lines.ts'
import { searchBlock } from './search.ts'
import { mapParts, View } from './view.ts'

function log(rank: number, text: string) {
  const lines = new Lines()
  lines.append(new TextEncoder().encode(text))
  lines.finish()
  return { rank, lines }
}

function viewOf(...texts: string[]): View {
  const view = new View()
  view.show(texts.map((text, rank) => log(rank, text)))
  return view
}

const rows = (v: View) => v.read(0, 100).map((r) => [r.line, r.rank, r.text])

describe('one log', () => {
  test('rows are its lines', () => {
    expect(rows(viewOf('a\nb\n'))).toEqual([
      [1, 0, 'a'],
      [2, 0, 'b'],
    ])
  })
  test('a level leaves lines out, and their numbers stay', () => {
    const view = viewOf('INFO a\nERROR b\n  more\nDEBUG c\nWARN d\n')
    view.keep(numberOf('warn'))
    expect(rows(view)).toEqual([
      [2, 0, 'ERROR b'],
      [3, 0, '  more'],
      [5, 0, 'WARN d'],
    ])
    expect([view.rowOf(1), view.rowOf(3), view.rowOf(99)]).toEqual([0, 2, 2])
    expect(view.lines).toBe(5)
    view.keep(0)
    expect(view.rows).toBe(5)
  })
  test('what was found is gone through round and round', () => {
    const view = viewOf('x\na\nx\na\na\n')
    for (const { lines } of view.logs) searchBlock(lines, /x/g, 0)
    view.rebuild()
    expect(view.hits).toBe(2)
    expect(view.seek(0, false)).toEqual({ row: 2, index: 1 })
    expect(view.seek(2, false)).toEqual({ row: 0, index: 0 })
    expect(view.seek(0, true)).toEqual({ row: 2, index: 1 })
    expect(viewOf('a').seek(0, false)).toEqual({ row: -1, index: -1 })
  })
  test('grows, and its last line is one before it ends', () => {
    const lines = new Lines()
    const view = new View()
    view.show([{ rank: 0, lines }])
    lines.append(new TextEncoder().encode('a\nb'))
    view.grow()
    expect(rows(view)).toEqual([
      [1, 0, 'a'],
      [2, 0, 'b'],
    ])
    lines.append(new TextEncoder().encode('c\n'))
    view.grow()
    expect(rows(view)).toEqual([
      [1, 0, 'a'],
      [2, 0, 'bc'],
    ])
  })
  test('copies lines that are not shown, too, with colours or without', () => {
    const view = viewOf('INFO a\n\x1b[31mERROR\x1b[0m b\nINFO c\n')
    view.keep(numberOf('error'))
    expect(view.copy(1, 2, true)).toBe('INFO a\nERROR b')
    expect(view.copy(2, 9, false)).toBe('\x1b[31mERROR\x1b[0m b\nINFO c')
  })
  test('the map tells where errors are', () => {
    const view = viewOf(`${'x\n'.repeat(399)}ERROR y\n`)
    const { errors } = view.map()
    expect(errors).toHaveLength(mapParts)
    expect(errors[mapParts - 1]).toBe(1)
    expect(errors.reduce((a, b) => a + b)).toBe(1)
  })
  test('the map of a log that has grown looks at no line again', () => {
    const view = viewOf('ERROR a\nINFO b\n'.repeat(400))
    const looked = vi.spyOn(view, 'lineOf')
    const { errors } = view.map()
    expect(looked).not.toHaveBeenCalled()
    expect(errors).toEqual(Array(mapParts).fill(2))
    view.keep(numberOf('error'))
    expect(view.map().errors).toEqual(Array(mapParts).fill(2))
    view.keep(0)
    expect(view.map().errors).toEqual(Array(mapParts).fill(2))
  })
})

describe('merged logs', () => {
  test('by time, if lines tell it; lines that do not go with the one before', () => {
    const view = viewOf(
      '2026-11-29T10:00:01Z a\n2026-11-29T10:00:04Z b\n  of b\n',
      '2026-11-29T10:00:02Z c\n2026-11-29T10:00:03Z d\n',
    )
    expect(view.stamps).toBe(true)
    expect(rows(view).map(([n, r, text]) => [n, r, String(text).slice(-1)])).toEqual([
      [1, 0, 'a'],
      [2, 1, 'c'],
      [3, 1, 'd'],
      [4, 0, 'b'],
      [5, 0, 'b'],
    ])
  })
  test('line by line, if not', () => {
    const view = viewOf('a1\na2\na3\n', 'b1\n')
    expect(rows(view)).toEqual([
      [1, 0, 'a1'],
      [2, 1, 'b1'],
      [3, 0, 'a2'],
      [4, 0, 'a3'],
    ])
    expect(view.copy(1, 3, true)).toBe('a1\nb1\na2')
  })
  test('what comes late moves rows, errors and what was found', () => {
    const [a, b] = [new Lines(), new Lines()]
    const view = new View()
    view.show([
      { rank: 0, lines: a },
      { rank: 1, lines: b },
    ])
    const come = (lines: Lines, text: string) => {
      const from = lines.complete
      lines.append(new TextEncoder().encode(text))
      searchBlock(lines, /x/g, from)
      view.grow()
    }
    const at = () => view.map().errors.flatMap((n, part) => (n > 0 ? [Math.ceil((part * view.rows) / mapParts)] : []))
    come(a, '10:00:01 INFO a\n10:00:03 ERROR a x\n')
    expect([view.rows, view.hits, view.seek(-1, false).row, at()]).toEqual([2, 1, 1, [1]])
    come(b, '10:00:02 INFO b x\n')
    expect([view.rows, view.hits, view.seek(-1, false).row, at()]).toEqual([3, 2, 1, [2]])
    view.keep(numberOf('error'))
    expect([view.rows, view.hits, view.seek(-1, false).row, at()]).toEqual([1, 1, 0, [0]])
    come(b, '10:00:02 ERROR b\n')
    expect(rows(view).map(([n, r]) => [n, r])).toEqual([
      [3, 1],
      [4, 0],
    ])
    expect([view.rows, view.hits, view.seek(-1, false).row, at()]).toEqual([2, 1, 1, [0, 1]])
  })
})
