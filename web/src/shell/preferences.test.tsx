import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Profile } from '~/api/types.ts'
import { TextProvider } from '~/i18n/text.tsx'
import { Shortcuts } from '~/pages/Settings/Shortcuts.tsx'

const asked = vi.hoisted(() => ({
  loads: [] as ((p: Profile) => void)[],
  saves: [] as { resolve: (p: Profile) => void; reject: (e: Error) => void }[],
}))
vi.mock('~/api/queries/session.ts', async (original) => ({
  ...(await original<object>()),
  profile: () => ({
    queryKey: ['profile'],
    queryFn: ({ signal: _ }: { signal: AbortSignal }) => new Promise((resolve) => asked.loads.push(resolve)),
  }),
  saveProfile: () => new Promise((resolve, reject) => asked.saves.push({ resolve, reject })),
}))
vi.mock('~/api/keys.ts', () => ({ keys: { profile: () => ['profile'] } }))

const kept = (shortcuts: boolean): Profile => ({ language: 'en', theme: 'light', shortcuts, sshKeys: [] })
const settle = (f: () => void) =>
  act(async () => {
    f()
    await new Promise((r) => setTimeout(r))
  })
async function loaded(p: Profile): Promise<void> {
  await settle(() => asked.loads.at(-1)?.(p))
  await vi.waitFor(() => expect(client.getQueryState(['profile'])?.fetchStatus).toBe('idle'))
}
const shown = () => screen.getByRole<HTMLInputElement>('switch').checked

let client: QueryClient
beforeEach(async () => {
  client = new QueryClient()
  asked.loads.length = asked.saves.length = 0
  render(
    <QueryClientProvider client={client}>
      <TextProvider language="en" setLanguage={() => {}}>
        <Shortcuts />
      </TextProvider>
    </QueryClientProvider>,
  )
  await screen.findByRole('switch')
})
afterEach(cleanup)

test('what is chosen before the profile is there is shown at once, and stays', async () => {
  fireEvent.click(screen.getByRole('switch'))
  expect(shown()).toBe(false)
  asked.loads[0]?.(kept(true)) // too late to be taken
  await settle(() => {})
  expect(shown()).toBe(false)
  await settle(() => asked.saves[0]?.resolve(kept(false)))
  expect(shown()).toBe(false)
})

test('of two choices the last stays, and they are saved one after the other', async () => {
  await loaded(kept(true))
  fireEvent.click(screen.getByRole('switch'))
  fireEvent.click(screen.getByRole('switch'))
  await settle(() => {})
  await vi.waitFor(() => expect(asked.saves).toHaveLength(1))
  await settle(() => asked.saves[0]?.resolve(kept(false)))
  expect(shown()).toBe(true)
  await vi.waitFor(() => expect(asked.saves).toHaveLength(2))
  await settle(() => asked.saves[1]?.resolve(kept(true)))
  expect(shown()).toBe(true)
})

test('what could not be saved is as it was', async () => {
  await loaded(kept(true))
  fireEvent.click(screen.getByRole('switch'))
  await vi.waitFor(() => expect(asked.saves).toHaveLength(1))
  expect(shown()).toBe(false)
  await settle(() => asked.saves[0]?.reject(new Error('no')))
  await vi.waitFor(() => expect(asked.loads).toHaveLength(2))
  await loaded(kept(true))
  await vi.waitFor(() => expect(shown()).toBe(true))
})

test('what could not be saved is read again though the page has gone', async () => {
  await loaded(kept(true))
  fireEvent.click(screen.getByRole('switch'))
  await vi.waitFor(() => expect(asked.saves).toHaveLength(1))
  cleanup()
  await settle(() => asked.saves[0]?.reject(new Error('no')))
  await vi.waitFor(() => expect(client.getQueryState(['profile'])?.isInvalidated).toBe(true))
})
