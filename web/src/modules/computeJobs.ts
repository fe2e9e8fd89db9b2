import type { QueryClient } from '@tanstack/react-query'
import type { WorkspaceRef } from '~/api/http.ts'
import { type ActiveJobs, activeJobs } from '~/api/queries/job.ts'
import type { Compute } from '~/api/types.ts'
import { nameOfId } from './computeKinds.ts'

/** Does f with each, a few at a time, so that hundreds do not keep the browser from reading anything else. */
export async function fewAtATime<T>(all: T[], f: (one: T) => Promise<unknown>): Promise<void> {
  const left = all.values()
  const worker = async () => {
    for (const one of left) await f(one)
  }
  await Promise.all([worker(), worker(), worker()])
}

/** The jobs that run or wait on the computes, as the server has them now; undefined if it does not say. */
export async function jobsOn(
  client: QueryClient,
  ws: WorkspaceRef,
  computes: Compute[],
): Promise<ActiveJobs | undefined> {
  // What events made old is read again; the rest is good.
  const read = (compute?: string) =>
    client.fetchQuery({ ...activeJobs(ws, compute), staleTime: Number.POSITIVE_INFINITY })
  const names = new Set(computes.map((c) => c.name.toLowerCase()))
  try {
    const all = await read()
    // Of a workspace with many jobs the list of all may lack theirs.
    if (!all.more)
      return { jobs: all.jobs.filter((j) => names.has(nameOfId(j.properties.computeId).toLowerCase())), more: false }
    const found: ActiveJobs = { jobs: [], more: false }
    await fewAtATime(computes, async (c) => {
      const { jobs, more } = await read(c.name)
      found.jobs.push(...jobs)
      found.more ||= more
    })
    return found
  } catch {
    return undefined
  }
}
