import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, renderHook } from '@testing-library/react'
import { type ReactNode, useLayoutEffect } from 'react'
import { expect, test, vi } from 'vitest'
import { keys } from '~/api/keys.ts'
import { useShortcuts } from '~/shell/shortcuts.ts'
import { useKey } from './keys.ts'

const client = new QueryClient()
client.setQueryDefaults(keys.profile(), { staleTime: Number.POSITIVE_INFINITY })
client.setQueryData(keys.profile(), { shortcuts: true })
const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={client}>{children}</QueryClientProvider>
)

/** Presses a key in the moment in which the page shows. */
const usePress = (key: object) =>
  useLayoutEffect(() => {
    fireEvent.keyDown(document.body, key)
  })

test('a key of a page counts as soon as the page shows', () => {
  const heard = vi.fn()
  renderHook(
    () => {
      useKey('KeyN', heard)
      usePress({ code: 'KeyN' })
    },
    { wrapper },
  )
  expect(heard).toHaveBeenCalledOnce()
})

test('a shortcut counts as soon as the page shows', () => {
  const heard = vi.fn()
  renderHook(() => {
    useShortcuts(true, heard)
    usePress({ code: 'KeyK', ctrlKey: true })
  })
  expect(heard).toHaveBeenCalledWith('palette')
})
