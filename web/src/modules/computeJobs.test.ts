import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import type { WorkspaceRef } from '~/api/http.ts'
import { keys } from '~/api/keys.ts'
import type { Compute, Job } from '~/api/types.ts'
import { fewAtATime, jobsOn } from './computeJobs.ts'

const ws: WorkspaceRef = { subscription: 's', resourceGroup: 'g', name: 'w', location: 'local' }
const compute = (name: string) => ({ name }) as Compute
const job = (name: string, on: string) => ({ name, properties: { computeId: `/x/computes/${on}` } }) as Job

/** A client that was told already what there is: of all, or of one compute. */
function knows(client: QueryClient, of: string | undefined, jobs: Job[], more: boolean): void {
  client.setQueryData(keys.jobList({ active: 'yes', compute: of }), { jobs, more })
}
const names = async (client: QueryClient, ...computes: string[]) => {
  const found = await jobsOn(client, ws, computes.map(compute))
  return [found?.jobs.map((j) => j.name), found?.more]
}

test('the jobs of computes are among all, where those are not too many', async () => {
  const client = new QueryClient()
  knows(client, undefined, [job('a', 'GPU'), job('b', 'cpu')], false)
  expect(await names(client, 'gpu')).toEqual([['a'], false])
})

test('where there are more than the list of all tells, each compute has its own', async () => {
  const client = new QueryClient()
  knows(client, undefined, [job('other', 'busy')], true)
  knows(client, 'gpu', [job('old', 'gpu')], false)
  knows(client, 'cpu', [job('one', 'cpu')], true)
  expect(await names(client, 'gpu')).toEqual([['old'], false])
  expect(await names(client, 'gpu', 'cpu')).toEqual([['old', 'one'], true])
})

test('a few at a time, and all of them', async () => {
  let now = 0
  let most = 0
  const done: number[] = []
  await fewAtATime([1, 2, 3, 4, 5, 6, 7], async (n) => {
    most = Math.max(most, ++now)
    await Promise.resolve()
    now--
    done.push(n)
  })
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(most).toBe(3)
})
