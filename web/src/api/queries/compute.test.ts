import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCompute, dryRun } from './compute.ts'

const ws = { subscription: 's', resourceGroup: 'g', name: 'w', location: 'local' }

afterEach(() => vi.unstubAllGlobals())

/** The one request that a call sends. */
async function sent(call: () => Promise<unknown>): Promise<[string, RequestInit]> {
  const fetched = vi.fn(async (_url: string, _init: RequestInit) => new Response('{}'))
  vi.stubGlobal('fetch', fetched)
  await call()
  const [only, ...more] = fetched.mock.calls
  if (!only || more.length > 0) throw new Error(`${fetched.mock.calls.length} requests`)
  return only
}

describe('a new compute', () => {
  it('is tried as it is made: a name that is taken is refused in both', async () => {
    const body = { properties: {} }
    const [tried, asTried] = await sent(() => dryRun(ws, 'a b', body))
    const [made, asMade] = await sent(() => createCompute(ws, 'a b', body))
    expect(asTried.headers).toMatchObject({ 'If-None-Match': '*' })
    expect(asMade).toMatchObject({ method: asTried.method, body: asTried.body, headers: asTried.headers })
    expect(tried.replace('dryRun=true&', '')).toBe(made)
  })
})
