import { expect, test } from 'vitest'
import { readRange, writeRange } from './address.ts'
import { choose } from './choose.ts'
import { mostHeight, rowHeight, scaleOf } from './useLogScroll.ts'

const log = (name: string, attempt: number, rank: number) => ({ name, attempt, rank, size: 1 })
const all = [
  log('azureml-logs/20_image_build_log.txt', 2, 0),
  log('user_logs/std_log_process_0.txt', 1, 0),
  log('user_logs/std_log_process_0.txt', 2, 0),
  log('user_logs/std_log_process_1.txt', 2, 1),
]

test('the last attempt, what the command prints, all nodes', () => {
  const c = choose(all, {})
  expect([c.attempt, c.file, c.ranks, c.rank]).toEqual([2, 'user_logs/std_log.txt', [0, 1], 'all'])
  expect(c.files).toEqual(['user_logs/std_log.txt', 'azureml-logs/20_image_build_log.txt'])
  expect(c.logs.map((l) => l.name)).toEqual(['user_logs/std_log_process_0.txt', 'user_logs/std_log_process_1.txt'])
})
test('what the address asks for, if it is there', () => {
  expect(choose(all, { rank: '1' }).logs.map((l) => l.rank)).toEqual([1])
  expect(choose(all, { attempt: '1' }).logs).toEqual([all[1]])
  expect(choose(all, { log: 'azureml-logs/20_image_build_log.txt' }).logs).toEqual([all[0]])
  expect(choose(all, { rank: '7', attempt: '9', log: 'x' }).rank).toBe('all')
  expect(choose([], {}).logs).toEqual([])
})
test('links to lines', () => {
  expect(readRange('L12')).toEqual({ from: 12, to: 12 })
  expect(readRange('#L20-L12')).toEqual({ from: 12, to: 20 })
  expect([readRange(''), readRange('L0'), readRange('Lx'), readRange('main')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(writeRange({ from: 3, to: 3 }) + writeRange({ from: 3, to: 5 })).toBe('L3L3-L5')
})
test('a long log scrolls on a shorter scale, and both ends are reached', () => {
  expect(scaleOf(100, 400)).toEqual({ height: 100 * rowHeight, end: 1600, scale: 1 })
  const { height, scale, end } = scaleOf(5_000_000, 400)
  expect(height).toBe(mostHeight)
  expect(end * scale).toBeCloseTo(height - 400)
  expect(scaleOf(3, 400)).toEqual({ height: 60, end: 0, scale: 1 })
})
