/** What the list shows of a compute, and which of them the address asks for. */
import type { ActiveJobs } from '~/api/queries/job.ts'
import { type Compute, clusterOf, instanceOf } from '~/api/types.ts'
import type { TableSearch } from '~/components/tableSearch.ts'
import { byField } from '~/components/tableSearch.ts'
import { type ComputeTab, locationOf, nameOfId, tabOf } from '~/modules/computeKinds.ts'
import type { Price, Prices } from '~/modules/computePrices.ts'
import { stateOf } from '~/modules/StateBadge.tsx'

export type Row = {
  c: Compute
  name: string
  state: string
  size: string
  location: string
  owner: string
  created: string
  type: string
  address: string
  /** Undefined as long as it is not known. */
  jobs: number | undefined
  /** There may be more jobs than were counted. */
  moreJobs: boolean
  price: Price
}

/** Fields that a list can be narrowed by, for each tab. */
export const fieldsOf: Record<ComputeTab, (keyof Row & string)[]> = {
  instances: ['state', 'size', 'location', 'owner'],
  clusters: ['state', 'size', 'location', 'owner'],
  inference: ['state', 'size', 'location', 'owner'],
  attached: ['type', 'state', 'owner'],
  kubernetes: ['state', 'owner'],
}

const text = (v: unknown): string => (typeof v === 'string' || typeof v === 'number' ? String(v) : '')

/** Where an attached compute is: its address, or the resource behind it. */
export function addressOf(c: Compute): string {
  const p = (c.properties.properties ?? {}) as Record<string, unknown>
  const port = text(p.sshPort)
  const host = text(p.address)
  if (host) return port && port !== '22' ? `${host}:${port}` : host
  return (
    text(p.workspaceUrl) || text(p.clusterFqdn) || text(p.dataLakeStoreAccountName) || (c.properties.resourceId ?? '')
  )
}

export type JobCounts = { of: Map<string, number>; more: boolean }

export function rowOf(c: Compute, jobs: JobCounts | undefined, prices: Prices): Row {
  const inner = (c.properties.properties ?? {}) as Record<string, unknown>
  return {
    c,
    name: c.name,
    state: stateOf(c),
    size: clusterOf(c)?.vmSize ?? instanceOf(c)?.vmSize ?? text(inner.agentVmSize),
    location: locationOf(c),
    owner: c.systemData?.createdBy ?? instanceOf(c)?.createdBy?.userName ?? '',
    created: c.properties.createdOn,
    type: c.properties.computeType,
    address: addressOf(c),
    jobs: jobs && (jobs.of.get(c.name.toLowerCase()) ?? (jobs.more ? undefined : 0)),
    moreJobs: jobs?.more ?? false,
    price: prices.of(c),
  }
}

/** How many jobs run or wait on each compute, by its name in lower case. */
export function jobsByCompute({ jobs, more }: ActiveJobs): JobCounts {
  const found = new Map<string, number>()
  for (const j of jobs) {
    const name = nameOfId(j.properties.computeId).toLowerCase()
    if (name) found.set(name, (found.get(name) ?? 0) + 1)
  }
  return { of: found, more }
}

/** How many computes each tab has. */
export function countByTab(computes: Compute[]): Record<ComputeTab, number> {
  const counts = { instances: 0, clusters: 0, inference: 0, attached: 0, kubernetes: 0 }
  for (const c of computes) counts[tabOf(c)]++
  return counts
}

/** The rows that fit. WordOf says what is shown for a field, so that it can be found as it is read. */
export function matching(
  rows: Row[],
  search: TableSearch,
  me: string | undefined,
  wordOf: (field: keyof Row & string, row: Row) => string,
): Row[] {
  const words = (search.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const fields = [...byField(search.f)]
  return rows.filter((r) => {
    if (search.mine && r.owner !== me) return false
    for (const [field, wanted] of fields) {
      if (!(field in r) || !wanted.includes(String(r[field as keyof Row]))) return false
    }
    if (words.length === 0) return true
    const tags = Object.entries(r.c.tags ?? {}).map(([k, v]) => `${k}=${v}`)
    const all = [r.name, r.size, r.location, r.owner, r.address, wordOf('state', r), wordOf('type', r), ...tags]
    const said = all.join('\n').toLowerCase()
    return words.every((w) => said.includes(w))
  })
}

/** The values of a field among the rows, the most frequent first. */
export function valuesOf(rows: Row[], field: keyof Row & string): { value: string; n: number }[] {
  const counts = new Map<string, number>()
  for (const r of rows) {
    const v = String(r[field] ?? '')
    if (v) counts.set(v, (counts.get(v) ?? 0) + 1)
  }
  return [...counts].map(([value, n]) => ({ value, n })).sort((a, b) => b.n - a.n || a.value.localeCompare(b.value))
}

/** The filters with one value put in or taken out. */
export function toggled(filters: string[] | undefined, filter: string): string[] | undefined {
  const had = filters ?? []
  const next = had.includes(filter) ? had.filter((f) => f !== filter) : [...had, filter]
  return next.length > 0 ? next : undefined
}
