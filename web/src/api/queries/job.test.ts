import { QueryClient } from '@tanstack/react-query'
import { afterEach, expect, test, vi } from 'vitest'
import { activeJobs } from './job.ts'

const ws = { subscription: 's', resourceGroup: 'g', name: 'w', location: 'local' }

/** A server with so many jobs that wait, and one that runs. */
function serve(waiting: number): void {
  vi.stubGlobal('fetch', async (path: string) => {
    const query = new URL(path, 'http://x').searchParams
    const all = { Queued: waiting, Running: 1 }[query.get('status') ?? ''] ?? 0
    const from = Number(query.get('from') ?? 0)
    const to = Math.min(all, from + 100)
    const value = Array.from({ length: to - from }, (_, i) => ({ name: `${query.get('status')}-${from + i}` }))
    const next = new URLSearchParams({ status: query.get('status') ?? '', from: String(to) })
    return Response.json({ value, nextLink: to < all ? `http://x/jobs?${next}` : null })
  })
}
afterEach(() => {
  vi.unstubAllGlobals()
})

test('of many active jobs only the newest are read, and it is said that there are more', async () => {
  serve(201)
  const found = await new QueryClient().fetchQuery(activeJobs(ws))
  expect([found.jobs.length, found.more]).toEqual([201, true])
})

test('of few all are read', async () => {
  serve(200)
  const found = await new QueryClient().fetchQuery(activeJobs(ws))
  expect([found.jobs.length, found.more]).toEqual([201, false])
})
