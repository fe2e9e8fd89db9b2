import { queryOptions } from '@tanstack/react-query'
import { begin, get, list, locationPath, post, put, type WorkspaceRef, workspacePath } from '../http.ts'
import { keys } from '../keys.ts'
import type { Compute, ConnectionTest, NodeInfo, Quota, Series, SizeInfo, Usage, Why } from '../types.ts'

export const computePath = (ws: WorkspaceRef, name: string): string =>
  `${workspacePath(ws)}/computes/${encodeURIComponent(name)}`

/** All computes of the workspace. */
export const computes = (ws: WorkspaceRef) =>
  queryOptions({
    queryKey: keys.computes(),
    queryFn: ({ signal }) =>
      list<Compute>(`${workspacePath(ws)}/computes`, { query: { $top: 500 }, signal }).then((l) => l.items),
  })

export const compute = (ws: WorkspaceRef, name: string) =>
  queryOptions({
    queryKey: keys.compute(name),
    queryFn: ({ signal }) => get<Compute>(computePath(ws, name), { signal }),
  })

export const nodes = (ws: WorkspaceRef, name: string) =>
  queryOptions({
    queryKey: keys.nodes(name),
    queryFn: async ({ signal }) => {
      const all: NodeInfo[] = []
      let page = await post<{ nodes: NodeInfo[]; nextLink?: string | null }>(`${computePath(ws, name)}/listNodes`, {
        query: { $top: 500 },
        signal,
      })
      all.push(...page.nodes)
      while (page.nextLink && all.length < 10_000) {
        const next = new URL(page.nextLink, location.origin)
        page = await get(next.pathname, { query: Object.fromEntries(next.searchParams), signal })
        all.push(...page.nodes)
      }
      return all
    },
  })

export const why = (ws: WorkspaceRef, name: string) =>
  queryOptions({
    queryKey: [...keys.computeParts(name), 'why'],
    queryFn: ({ signal }) => get<Why>(`${computePath(ws, name)}/why`, { signal }),
  })

/** Ranges of the monitoring chart, in hours. */
export const ranges = { '1h': 1, '6h': 6, '24h': 24, '7d': 168 } as const
export type Range = keyof typeof ranges

/** Node states over the last hours, up to when they were asked for; what was last holds until something happens. */
export const series = (ws: WorkspaceRef, name: string, range: Range) =>
  queryOptions({
    queryKey: keys.series(name, range),
    queryFn: ({ signal }) => {
      const to = new Date()
      const from = new Date(to.getTime() - ranges[range] * 3_600_000)
      return get<Series>(`${computePath(ws, name)}/series`, {
        query: { from: from.toISOString(), to: to.toISOString(), points: 600 },
        signal,
      })
    },
  })

const listSizes = async (ws: WorkspaceRef, location: string, priority: string, signal: AbortSignal) =>
  (await get<{ value: SizeInfo[] }>(`${workspacePath(ws)}/sizes`, { query: { location, priority }, signal })).value

/** Sizes of a location, each with what is to be had of it and, if none, why. */
export const sizes = (ws: WorkspaceRef, location: string, priority: string) =>
  queryOptions({
    queryKey: keys.sizes(location, priority),
    queryFn: ({ signal }) => listSizes(ws, location, priority, signal),
    enabled: location !== '',
  })

/** Dedicated sizes of a location for their prices; what is to be had of them may be old. */
export const prices = (ws: WorkspaceRef, location: string) =>
  queryOptions({
    queryKey: keys.prices(location),
    queryFn: ({ signal }) => listSizes(ws, location, 'Dedicated', signal),
  })

export type NameAnswer = {
  nameAvailable?: boolean
  available?: boolean
  reason?: string | null
  message?: string | null
}

/** Asks whether a compute may be called so. */
export const checkName = (ws: WorkspaceRef, name: string, type: string, signal?: AbortSignal): Promise<NameAnswer> =>
  post<NameAnswer>(`${workspacePath(ws)}/checkComputeNameAvailability`, { body: { name, type }, signal })

export type ComputeBody = {
  location?: string
  tags?: Record<string, string>
  identity?: unknown
  properties: Record<string, unknown>
}

/** Of a request that must not change what is there already. */
const onlyNew = { 'If-None-Match': '*' }

/** What `createCompute` would make, without making it. */
export const dryRun = (ws: WorkspaceRef, name: string, body: ComputeBody, signal?: AbortSignal): Promise<Compute> =>
  put<Compute>(computePath(ws, name), { query: { dryRun: true }, body, signal, headers: onlyNew })

/** Creates a compute, and never changes one that somebody else made meanwhile; the address says how far it is. */
export const createCompute = (ws: WorkspaceRef, name: string, body: ComputeBody): Promise<string> =>
  begin('PUT', computePath(ws, name), { body, headers: onlyNew })
export type Verb = 'start' | 'stop' | 'restart' | 'delete' | 'detach'

/** Does something to a compute; the address says how far it is. */
export function act(ws: WorkspaceRef, name: string, verb: Verb): Promise<string> {
  if (verb === 'delete' || verb === 'detach') {
    return begin('DELETE', computePath(ws, name), {
      query: { underlyingResourceAction: verb === 'delete' ? 'Delete' : 'Detach' },
    })
  }
  return begin('POST', `${computePath(ws, name)}/${verb}`)
}

export const nodeAct = (ws: WorkspaceRef, name: string, node: string, verb: 'drain' | 'preempt'): Promise<void> =>
  post(`${computePath(ws, name)}/nodes/${encodeURIComponent(node)}/${verb}`)

/** Sets after how long without work an instance is stopped, as PT30M; null is never. */
export const updateIdleShutdown = (ws: WorkspaceRef, name: string, after: string | null): Promise<void> =>
  post(`${computePath(ws, name)}/updateIdleShutdownSetting`, { body: { idleTimeBeforeShutdown: after } })

export const testConnection = (ws: WorkspaceRef, body: Record<string, unknown>): Promise<ConnectionTest> =>
  post<ConnectionTest>(`${workspacePath(ws)}/testConnection`, { body })

export type Operation = { id?: string; name?: string; status: string; error?: { code: string; message: string } | null }

/** How far an operation is; undefined when the server has forgotten it, which it does some time after the end. */
export const operation = (at: string): Promise<Operation> => get<Operation>(at)

/** How many cores are in use at a location, and how many may be. */
export const usage = (ws: WorkspaceRef, location: string) =>
  queryOptions({
    queryKey: keys.usageOf(location),
    queryFn: async ({ signal }) => {
      const at = locationPath(ws, location)
      const [usages, quotas] = await Promise.all([
        list<Usage>(`${at}/usages`, { query: { 'api-version': '2024-04-01' }, signal }),
        list<Quota>(`${at}/quotas`, { query: { 'api-version': '2024-04-01' }, signal }),
      ])
      return { usages: usages.items, quotas: quotas.items }
    },
  })

export const updateQuotas = (
  ws: WorkspaceRef,
  location: string,
  value: { id: string; type: string; limit: number; unit: string }[],
) =>
  post<{ value: { id: string; status: string; limit: number | null }[] }>(
    `${locationPath(ws, location)}/updateQuotas`,
    { body: { location, value } },
  )
