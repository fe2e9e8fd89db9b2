import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { sessionBegun, sessionOver } from '~/api/live.ts'
import { useGoToSignIn } from './goToSignIn.ts'

afterEach(() => {
  cleanup()
  sessionBegun()
})

function Page() {
  useGoToSignIn()
  return <p>page</p>
}

/** A page, and a sign-in page that comes when the test lets it. */
async function shown() {
  let come: () => void = () => {}
  const code = new Promise<void>((done) => {
    come = done
  })
  const root = createRootRoute({ component: Outlet })
  const page = createRoute({ getParentRoute: () => root, path: '/w/lab/jobs', component: Page })
  const signIn = createRoute({
    getParentRoute: () => root,
    path: '/signin',
    loader: () => code,
    component: () => <p>sign in</p>,
  })
  const router = createRouter({
    routeTree: root.addChildren([page, signIn]),
    history: createMemoryHistory({ initialEntries: ['/w/lab/jobs?q=x'] }),
    defaultPendingMs: 60_000,
  })
  render(<RouterProvider router={router as never} />)
  await screen.findByText('page')
  return { come, next: () => router.latestLocation.search as { next?: string; over?: boolean } }
}

test('a session that ended leads to the sign-in page, and from there back', async () => {
  const { come, next } = await shown()
  act(sessionOver)
  come()
  await screen.findByText('sign in')
  expect(next()).toEqual({ next: '/w/lab/jobs?q=x', over: true })
})

test('who hears it twice before the sign-in page is there still comes back to the page', async () => {
  const { come, next } = await shown()
  act(sessionOver)
  // A stream that is tried again does not know yet, and then does.
  act(sessionBegun)
  act(sessionOver)
  come()
  await screen.findByText('sign in')
  expect(next()).toEqual({ next: '/w/lab/jobs?q=x', over: true })
})
