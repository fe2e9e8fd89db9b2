import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keys } from '~/api/keys.ts'
import { accepted, asking, useFollowOperations, useOperations } from './operations.ts'

const given = vi.hoisted(() => ({ freshness: 'denied', status: 'InProgress', asked: 0 }))
const heard = vi.hoisted(() => ({ events: (_: { target: string }[]) => {} }))
vi.mock('~/api/live.ts', () => ({
  useEvents: (f: typeof heard.events) => {
    heard.events = f
  },
  useFreshness: () => ({ state: given.freshness }),
}))
vi.mock('~/api/queries/compute.ts', () => ({
  operation: async () => {
    given.asked++
    return { status: given.status }
  },
}))

beforeEach(() => {
  vi.useFakeTimers()
  Object.assign(given, { freshness: 'denied', status: 'InProgress', asked: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

function follow() {
  const client = new QueryClient()
  client.setQueryData(keys.computes(), [])
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  )
  const { result } = renderHook(() => [useOperations(), useFollowOperations()] as const, { wrapper })
  return { ops: () => result.current[0], old: () => client.getQueryState(keys.computes())?.isInvalidated }
}
const wait = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

test('whom no event tells, an operation is asked for until it ends, and then computes are old', async () => {
  const { ops, old } = follow()
  await act(async () => accepted(asking('stop', 'computes/ci'), '/operations/1'))
  await wait(6000)
  expect(given.asked).toBe(3)
  expect(ops()[0]?.endedAt).toBeUndefined()
  expect(old()).toBe(false)
  given.status = 'Succeeded'
  await wait(3000)
  expect(ops()[0]?.endedAt).toBeDefined()
  expect(old()).toBe(true)
  await wait(9000)
  expect(given.asked).toBe(4)
})

test('whom events tell, nothing is asked for again and again', async () => {
  given.freshness = 'live'
  follow()
  await act(async () => accepted(asking('stop', 'computes/ci'), '/operations/2'))
  await wait(9000)
  expect(given.asked).toBe(1)
})

test('events of the target tell, and not of one whose name begins as its', async () => {
  given.freshness = 'live'
  follow()
  await act(async () => accepted(asking('stop', 'computes/ci'), '/operations/3'))
  const before = given.asked
  await act(async () => heard.events([{ target: 'workspaces/s~g~w/computes/ci-2' }]))
  expect(given.asked).toBe(before)
  await act(async () => heard.events([{ target: 'workspaces/s~g~w/computes/ci/nodes/n' }]))
  expect(given.asked).toBeGreaterThan(before)
})
