import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { address, begin, del, get, list, post, put, type WorkspaceRef, workspacePath } from '../http.ts'
import { keys } from '../keys.ts'
import type { AtelierEvent, Job, LogInfo, OutputFile, Why } from '../types.ts'

export const jobPath = (ws: WorkspaceRef, name: string): string =>
  `${workspacePath(ws)}/jobs/${encodeURIComponent(name)}`

export type JobFilter = {
  compute?: string
  status?: string
  tag?: string
  experimentName?: string
  createdBy?: string
  search?: string
  listViewType?: string
}
type JobPage = { value: Job[]; nextLink?: string | null }

/** Jobs of the workspace, newest first, page by page. */
export const jobs = (ws: WorkspaceRef, filter: JobFilter = {}) =>
  infiniteQueryOptions({
    queryKey: keys.jobList(filter),
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      if (!pageParam) return get<JobPage>(`${workspacePath(ws)}/jobs`, { query: { ...filter, $top: 100 }, signal })
      const next = new URL(pageParam, location.origin)
      return get<JobPage>(next.pathname, { query: Object.fromEntries(next.searchParams), signal })
    },
    getNextPageParam: (last: JobPage) => last.nextLink ?? undefined,
  })

/** More says that there are further ones than the newest few hundred. */
export type ActiveJobs = { jobs: Job[]; more: boolean }

/** Jobs that run or wait on a compute, or on all. */
export const activeJobs = (ws: WorkspaceRef, compute?: string) =>
  queryOptions({
    queryKey: keys.jobList({ active: 'yes', compute }),
    queryFn: async ({ signal }): Promise<ActiveJobs> => {
      const states = ['Queued', 'Starting', 'Preparing', 'Running', 'Finalizing', 'CancelRequested']
      const found = await Promise.all(
        states.map((status) =>
          list<Job>(`${workspacePath(ws)}/jobs`, {
            query: { status, compute, $top: 100, listViewType: 'All' },
            most: 200,
            signal,
          }),
        ),
      )
      return { jobs: found.flatMap((l) => l.items), more: found.some((l) => l.more) }
    },
  })

/** The job that was submitted last to a compute. */
export const lastJob = (ws: WorkspaceRef, compute: string) =>
  queryOptions({
    queryKey: keys.jobList({ last: 'yes', compute }),
    queryFn: ({ signal }) =>
      get<JobPage>(`${workspacePath(ws)}/jobs`, { query: { compute, $top: 1, listViewType: 'All' }, signal }).then(
        (l) => l.value[0] ?? null,
      ),
  })

export const job = (ws: WorkspaceRef, name: string) =>
  queryOptions({ queryKey: keys.job(name), queryFn: ({ signal }) => get<Job>(jobPath(ws, name), { signal }) })

export const jobWhy = (ws: WorkspaceRef, name: string) =>
  queryOptions({
    queryKey: keys.waiting(name),
    queryFn: ({ signal }) => get<Why>(`${jobPath(ws, name)}/why`, { signal }),
  })

export const jobLogs = (ws: WorkspaceRef, name: string) =>
  queryOptions({
    queryKey: keys.jobLogs(name),
    queryFn: ({ signal }) => list<LogInfo>(`${jobPath(ws, name)}/logs`, { signal }).then((l) => l.items),
  })

/** Address of one log; its bytes begin at offset. */
export const logAddress = (
  ws: WorkspaceRef,
  name: string,
  log: { name: string; attempt: number; rank: number },
  query: { offset?: number; follow?: boolean },
) =>
  address(`${jobPath(ws, name)}/logs/${log.name.split('/').map(encodeURIComponent).join('/')}`, {
    attempt: log.attempt,
    rank: log.rank,
    ...query,
  })

export const jobOutputs = (ws: WorkspaceRef, name: string) =>
  queryOptions({
    queryKey: keys.jobOutputs(name),
    queryFn: ({ signal }) =>
      list<OutputFile>(`${jobPath(ws, name)}/outputs`, { query: { $top: 500 }, most: 5000, signal }),
  })

export const outputAddress = (ws: WorkspaceRef, name: string, path: string): string =>
  address(`${jobPath(ws, name)}/outputs/${path.split('/').map(encodeURIComponent).join('/')}`)

export const submitJob = (ws: WorkspaceRef, name: string, body: unknown): Promise<Job> =>
  put<Job>(jobPath(ws, name), { body })
export const cancelJob = (ws: WorkspaceRef, name: string): Promise<string> =>
  begin('POST', `${jobPath(ws, name)}/cancel`)
export const deleteJob = (ws: WorkspaceRef, name: string): Promise<void> => del(jobPath(ws, name))
export const setPriority = (ws: WorkspaceRef, name: string, priority: number): Promise<Job> =>
  post<Job>(`${jobPath(ws, name)}/priority`, { body: { priority } })

export type EventFilter = { target?: string; actor?: string; reason?: string; verb?: string }

/** The newest events, oldest first within a page; further pages are older. */
export const events = (ws: WorkspaceRef, filter: EventFilter = {}, top = 100) =>
  infiniteQueryOptions({
    queryKey: keys.events({ ...filter, top }),
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      get<{ value: AtelierEvent[] }>(`${workspacePath(ws)}/events`, {
        query: { ...filter, $top: top, before: pageParam || undefined },
        signal,
      }),
    // The newest page has grown since, by what came.
    getNextPageParam: (last: { value: AtelierEvent[] }) => (last.value.length >= top ? last.value[0]?.seq : undefined),
  })
