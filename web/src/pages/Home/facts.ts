/** What of the workspace's computes and jobs is worth telling first. */
import { type Compute, clusterOf, instanceOf, type Job } from '~/api/types.ts'
import { runningOf } from '~/modules/computeImpact.ts'
import { isOn, nameOfId } from '~/modules/computeKinds.ts'

/** Computes that have machines now, those with most first. */
export function runningComputes(computes: Compute[]): Compute[] {
  const machines = (c: Compute) => clusterOf(c)?.currentNodeCount ?? (isOn(c) ? 1 : 0)
  return computes.filter((c) => machines(c) > 0).sort((a, b) => machines(b) - machines(a))
}

/** Jobs that wait for nodes, the one that has waited longest first. */
export function waitingJobs(jobs: Job[]): Job[] {
  const since = (j: Job) => j.properties.queuedTime ?? j.properties.createdTime ?? ''
  return jobs.filter((j) => j.properties.status === 'Queued').sort((a, b) => since(a).localeCompare(since(b)))
}

/** Jobs that hold nodes, the newest first. */
export const workingJobs = (jobs: Job[]): Job[] =>
  runningOf(jobs).sort((a, b) => (b.properties.startTime ?? '').localeCompare(a.properties.startTime ?? ''))

/** Instances that run though no job of theirs runs or waits, and clusters that keep nodes for nothing. */
export function idleComputes(computes: Compute[], jobs: Job[]): Compute[] {
  const busy = new Set(jobs.map((j) => nameOfId(j.properties.computeId).toLowerCase()))
  return computes.filter((c) => {
    if (busy.has(c.name.toLowerCase())) return false
    const cluster = clusterOf(c)
    if (cluster) return cluster.scaleSettings.minNodeCount > 0 && (cluster.nodeStateCounts?.idleNodeCount ?? 0) > 0
    const state = instanceOf(c)?.state
    return state === 'Running'
  })
}

/** Since when an instance has had nothing to do: the end of its last job, or when it was started. */
export function idleSince(c: Compute, last: Job | null | undefined): number | undefined {
  if (last === undefined) return undefined
  const operation = instanceOf(c)?.lastOperation
  const times = [c.properties.createdOn, last?.properties.endTime, operation?.operationTime]
  return Math.max(...times.map((at) => (at ? Date.parse(at) : 0)))
}
