/**
 * What the log viewer's worker does with a million lines, against cutting the same text at its newlines.
 * Run by hand: npx vitest bench --run bench/logs.bench.ts
 */
import { bench, describe } from 'vitest'
import { numberOf } from '../src/modules/LogViewer/level.ts'
import { Lines } from '../src/modules/LogViewer/lines.ts'
import { expression, type Query, searchBlock } from '../src/modules/LogViewer/search.ts'
import { View } from '../src/modules/LogViewer/view.ts'

const count = 1_000_000
const parts: string[] = []
for (let i = 1; i <= count; i++) {
  const level = i % 50_000 === 0 ? '\x1b[31mERROR\x1b[0m' : i % 7 === 0 ? 'DEBUG' : 'INFO'
  parts.push(
    `2026-11-29T22:17:52.${String(i % 1000).padStart(3, '0')} ${level} step=${i} loss=2.113 lr=0.0003 throughput=123 tokens/s mem=41.2GiB\n`,
  )
}
const text = parts.join('')
const bytes = new TextEncoder().encode(text)

function read(): Lines {
  const lines = new Lines(bytes.length)
  for (let at = 0; at < bytes.length; at += 1 << 16) lines.append(bytes.subarray(at, at + (1 << 16)))
  lines.finish()
  return lines
}

const lines = read()
const view = new View()
view.show([{ rank: 0, lines }])

function search(q: Partial<Query>): void {
  const re = expression({ text: '', regex: false, matchCase: true, ...q })
  if (typeof re === 'string') throw new Error(re)
  for (let at = 0; at < lines.complete; ) at = searchBlock(lines, re, at)
  view.rebuild()
}

const few = { iterations: 5, time: 0, warmupIterations: 1, warmupTime: 0 }

const size = `${count} lines, ${Math.round(bytes.length / 1e6)} MB`

describe(`${size}: against the floor`, () => {
  bench('floor: decode and split', () => void new TextDecoder().decode(bytes).split('\n').length, few)
  bench('open: copy, index, levels', () => void read(), few)
  bench('search: literal', () => search({ text: 'step=999999' }), few)
  bench('search: any case', () => search({ text: 'error', matchCase: false }), few)
  bench('search: expression', () => search({ text: 'step=\\d+00000 loss', regex: true }), few)
  bench('search: every line', () => search({ text: 'loss' }), few)
})

describe(`${size}: what is shown`, () => {
  bench('50 rows', () => void view.read(500_000, 50), { iterations: 1000, time: 0 })
  bench('map', () => void view.map(), few)
  bench(
    'another level, and back',
    () => {
      view.keep(numberOf('warn'))
      view.keep(0)
    },
    few,
  )
})
