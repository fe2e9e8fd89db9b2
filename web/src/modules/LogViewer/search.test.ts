import { describe, expect, test } from 'vitest'
import { Lines } from './lines.ts'
import { expression, type Query, searchBlock } from './search.ts'

function found(text: string, q: Partial<Query>): number[] {
  const lines = new Lines()
  lines.append(new TextEncoder().encode(text))
  lines.finish()
  const re = expression({ text: '', regex: false, matchCase: false, ...q })
  if (typeof re === 'string') throw new Error(re)
  for (let at = 0; at < lines.complete; ) at = searchBlock(lines, re, at)
  return [...lines.hits.subarray(0, lines.complete)].flatMap((h, i) => (h ? [i + 1] : []))
}

describe('search', () => {
  test('literal, whatever it is made of', () => {
    expect(found('a.b\naxb\n(a.b)', { text: 'a.b' })).toEqual([1, 3])
    expect(found('x\n[1] $5\n', { text: '[1] $5' })).toEqual([2])
  })
  test('case', () => {
    expect(found('Loss\nloss\n', { text: 'LOSS' })).toEqual([1, 2])
    expect(found('Loss\nloss\n', { text: 'Loss', matchCase: true })).toEqual([1])
  })
  test('expressions, with ends of lines', () => {
    expect(found('loss=1\nloss=x\n loss=22', { text: '^loss=\\d+$', regex: true })).toEqual([1])
    expect(found('a\n\nb', { text: '^$', regex: true })).toEqual([2])
  })
  test('a line counts once, and an empty finding is one in every line', () => {
    expect(found('aa aa\nb\naa', { text: 'aa' })).toEqual([1, 3])
    expect(found('a\nb', { text: 'x*', regex: true })).toEqual([1, 2])
  })
  test('letters of several bytes', () => {
    expect(found('가나\n다라 나\n마\n나', { text: '나' })).toEqual([1, 2, 4])
  })
  test('colours do not hide what they stand in', () => {
    expect(found('x\nlo\x1b[31mss\x1b[0m=3\n', { text: 'loss=3' })).toEqual([2])
  })
  test('a title that never ends takes no line away from those below', () => {
    const coloured = Array.from({ length: 600 }, (_, i) =>
      i === 10 ? '\x1b]0;title' : `\x1b[32mINFO\x1b[0m n=${i + 1};`,
    )
    expect(found(coloured.join('\n'), { text: 'n=500;' })).toEqual([500])
    expect(found(coloured.join('\n'), { text: 'n=12;' })).toEqual([12])
  })
  test('several blocks, and Korean in one of them', () => {
    const many = Array.from({ length: 120_000 }, (_, i) =>
      i === 100_000 ? '한글 needle' : `line ${i} ${'x'.repeat(60)}`,
    )
    many[5] = 'needle'
    expect(found(many.join('\n'), { text: 'needle' })).toEqual([6, 100_001])
  })
  test('what is no expression says why', () => {
    expect(expression({ text: '(', regex: true, matchCase: false })).toMatch(/Unterminated group/)
  })
})
