/** What is said of a cluster that the server does not say in so many words. */
import type { AtelierEvent, ClusterProps, Job, NodeInfo } from '~/api/types.ts'
import { partOf } from '~/modules/eventText.ts'
import { parseSeconds } from '~/modules/specs/numbers.ts'

/** How many nodes are at each stage before they are ready, and since when the first of them. */
export function preparing(nodes: NodeInfo[]): { stage: 'Wanted' | 'Booting'; n: number; since: string | undefined }[] {
  return (['Wanted', 'Booting'] as const).flatMap((stage) => {
    const at = nodes.filter((n) => n.state === stage)
    if (at.length === 0) return []
    const since = at.flatMap((n) => n.since ?? []).sort()[0]
    return [{ stage, n: at.length, since }]
  })
}

/** When the next idle node goes, in Unix milliseconds; undefined when none will. */
export function shrinksAt(cluster: ClusterProps, nodes: NodeInfo[]): number | undefined {
  const idle = nodes.flatMap((n) => (n.idleSince ? [Date.parse(n.idleSince)] : [])).sort((a, b) => a - b)
  const spare = (cluster.targetNodeCount ?? nodes.length) - cluster.scaleSettings.minNodeCount
  const first = idle[0]
  if (first === undefined || spare <= 0) return undefined
  return first + (parseSeconds(cluster.scaleSettings.nodeIdleTimeBeforeScaleDown) ?? 0) * 1000
}

export type Demand = { jobs: number; nodes: number; since: string | undefined }

/** What waits for nodes. */
export function demandOf(jobs: Job[]): Demand {
  const waiting = jobs.filter((j) => j.properties.status === 'Queued')
  const since = waiting.flatMap((j) => j.properties.queuedTime ?? j.systemData?.createdAt ?? []).sort()[0]
  return {
    jobs: waiting.length,
    nodes: waiting.reduce((n, j) => n + (j.properties.resources?.instanceCount ?? 1), 0),
    since,
  }
}

const failures = new Set([
  'BootTimeout',
  'ProvisioningTimedOut',
  'NodeStuck',
  'NodeLost',
  'LaunchFailed',
  'NoCapacity',
  'OutOfStock',
  'QuotaExceeded',
  'Preempted',
])

/** The last thing that went wrong with nodes, among events that come oldest first. */
export function lastFailure(events: AtelierEvent[]): AtelierEvent | undefined {
  return events.findLast((e) => failures.has(e.reason ?? '') && ['computes', 'nodes'].includes(partOf(e.target).kind))
}

export type GoneNode = { name: string; at: string; reason: string; message: string; state: string }

const endings: Record<string, string> = { Preempted: 'preempted', NodeDrained: 'leaving', NodeDrainAsked: 'leaving' }

/** Nodes that went for another reason than that they were idle, newest first, from events that come oldest first. */
export function goneNodes(events: AtelierEvent[], most = 10): GoneNode[] {
  const why = new Map<string, AtelierEvent>()
  const gone: GoneNode[] = []
  for (const e of events) {
    if (partOf(e.target).kind !== 'nodes') continue
    if (failures.has(e.reason ?? '') || endings[e.reason ?? '']) why.set(e.uid, e)
    const cause = why.get(e.uid)
    if (e.verb !== 'deleted' || !cause) continue
    gone.push({
      name: partOf(e.target).name,
      at: e.at,
      reason: cause.reason ?? '',
      message: cause.message ?? '',
      state: endings[cause.reason ?? ''] ?? 'unusable',
    })
  }
  return gone.slice(-most).reverse()
}
