import { act, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useTyped } from './typed.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const type = (box: { current: [string, (v: string) => void] }, text: string) => act(() => box.current[1](text))
const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms))

test('what is typed shows at once and is told when typing rests', () => {
  const told: string[] = []
  const { result } = renderHook(() => useTyped('', (v) => told.push(v)))
  type(result, 'g')
  wait(100)
  type(result, 'gp')
  expect(result.current[0]).toBe('gp')
  wait(199)
  expect(told).toEqual([])
  wait(1)
  expect(told).toEqual(['gp'])
})

test('a value that comes late takes nothing back of what was typed since', () => {
  const { result, rerender } = renderHook(({ value }) => useTyped(value, () => {}), { initialProps: { value: '' } })
  type(result, '클')
  wait(200)
  type(result, '클러')
  wait(200)
  type(result, '클러스')
  rerender({ value: '클' })
  expect(result.current[0]).toBe('클러스')
  rerender({ value: '클러' })
  expect(result.current[0]).toBe('클러스')
})

test('a value from elsewhere is taken over', () => {
  const { result, rerender } = renderHook(({ value }) => useTyped(value, () => {}), { initialProps: { value: 'a' } })
  rerender({ value: '' })
  expect(result.current[0]).toBe('')
})
