/** Tells the worker what to look for and which levels to leave. */
import { useEffect } from 'react'
import type { LogSearch } from './address.ts'
import type { LogClient } from './client.ts'
import { numberOf } from './level.ts'

export function useLogQuery(client: LogClient | undefined, search: LogSearch): void {
  const { q, re, cs, level } = search
  useEffect(() => {
    client?.search(q ? { text: q, regex: re === '1', matchCase: cs === '1' } : null)
  }, [client, q, re, cs])
  useEffect(() => client?.level(numberOf(level)), [client, level])
}
