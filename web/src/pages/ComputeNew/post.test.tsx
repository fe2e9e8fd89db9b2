import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test, vi } from 'vitest'
import { usePost } from './post.ts'

const server = vi.hoisted(() => ({ createCompute: vi.fn() }))
vi.mock('~/api/queries/compute.ts', async (original) => ({ ...(await original<object>()), ...server }))
vi.mock('@tanstack/react-router', () => ({ useNavigate: () => async () => {} }))
vi.mock('~/i18n/text.tsx', () => ({ useText: () => (id: string) => id }))
vi.mock('~/modules/workspace.tsx', () => ({ useWorkspace: () => ({ name: 'w' }) }))

const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
)
const send = async () => {
  const { result } = renderHook(() => usePost('draft', 'clusters'), { wrapper })
  await act(() => result.current.send({ name: 'cpu', body: {} } as never))
  return result.current
}

test('a form whose compute was made stays busy until it goes, so that no preview finds the name taken', async () => {
  server.createCompute.mockResolvedValue('')
  expect((await send()).busy).toBe(true)
})

test('a form that was refused can be sent again', async () => {
  server.createCompute.mockRejectedValue(new Error('no'))
  expect((await send()).busy).toBe(false)
})
