import { expect, test, vi } from 'vitest'
import { Lines } from './lines.ts'
import { Merge } from './merge.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const second = (s: number) => `2026-11-29T10:00:${String(s).padStart(2, '0')}Z`
const order = (m: Merge) => Array.from({ length: m.length }, (_, n) => [m.log.at(n), m.line.at(n)])

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('the order changes from where lines moved on', () => {
  const [a, b] = [new Lines(), new Lines()]
  const merge = new Merge([a, b])
  a.append(bytes(`${second(1)} a\n${second(3)} a\n${second(5)} a\n`))
  expect(merge.grow(true)).toBe(0)
  expect(merge.grow(true)).toBe(3)
  b.append(bytes(`${second(4)} b\n`))
  expect(merge.grow(true)).toBe(2)
  expect(order(merge)).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 2],
  ])
  a.append(bytes(`${second(6)} a\n`))
  expect(merge.grow(true)).toBe(4)
})

test('however the lines come, their order is that of all of them at once', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const below = numbers(seed)
    const stamps = seed % 4 > 0
    const logs = Array.from({ length: 1 + below(4) }, () => new Lines())
    const merge = new Merge(logs)
    let known = order(merge)
    for (let step = 0; step < 12; step++) {
      for (let n = below(5); n > 0; n--) {
        const at = below(3) > 0 ? second(below(10) + 4 * step) : '  goes on'
        logs[below(logs.length)]?.append(bytes(`${at} x\n`))
      }
      const moved = merge.grow(stamps)
      const whole = new Merge(logs)
      whole.grow(stamps)
      expect(order(merge), `seed ${seed}`).toEqual(order(whole))
      expect(order(merge).slice(0, moved), `seed ${seed}`).toEqual(known.slice(0, moved))
      expect(order(merge)[moved], `seed ${seed}`).not.toEqual(known[moved] ?? null)
      known = order(merge)
    }
  }
})

test('the time of a line is read once', () => {
  const [a, b] = [new Lines(), new Lines()]
  const merge = new Merge([a, b])
  const read = vi.spyOn(Lines.prototype, 'text')
  for (let s = 0; s < 60; s++) {
    a.append(bytes(`${second(s)} a\n`))
    b.append(bytes(`${second(s)} b\n`))
    merge.grow(true)
  }
  expect(merge.length).toBe(120)
  expect(read).toHaveBeenCalledTimes(120)
  read.mockRestore()
})
