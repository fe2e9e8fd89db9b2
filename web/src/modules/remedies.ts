import type { Compute, Job, Reason } from '~/api/types.ts'
import { nameOfId } from './computeKinds.ts'

/** What the reason is of: a job that waits, or a compute that is not as it should be. */
export type About = { job: Job } | { compute: Compute }

/** What the studio itself can do about a reason. */
export type Remedy =
  | { kind: 'raiseMax' | 'start' | 'openCompute' | 'events' | 'otherSize' | 'dedicated'; compute: string }
  | { kind: 'editJob'; job: string }
  | { kind: 'quota'; compute: string; family: string | undefined }

/** What would help with a reason, most telling first. What the studio cannot do stays in the server's words. */
export function remediesOf(reason: Reason, about: About): Remedy[] {
  const job = 'job' in about ? about.job : undefined
  const compute = 'compute' in about ? about.compute.name : reason.params?.name || nameOfId(job?.properties.computeId)
  const edit: Remedy[] = job ? [{ kind: 'editJob', job: job.name }] : []
  const open: Remedy[] = job && compute ? [{ kind: 'openCompute', compute }] : []
  if (!compute) return edit
  switch (reason.code) {
    case 'ClusterAtMax':
    case 'SizeMismatch':
      // Only a cluster's maximum can be raised; the server says so where it can.
      return reason.remedies?.some((r) => r.includes('--max'))
        ? [{ kind: 'raiseMax', compute }, ...edit, ...open]
        : [...edit, ...open]
    case 'ComputeStopped':
      return [{ kind: 'start', compute }, ...edit, ...open]
    case 'ComputeFailed':
      return [...edit, { kind: 'events', compute }, ...open]
    case 'NoCapacity':
      return [{ kind: 'otherSize', compute }, ...edit, ...open]
    case 'QuotaExceeded':
      return [{ kind: 'quota', compute, family: reason.params?.family }, { kind: 'otherSize', compute }, ...edit]
    case 'Preempted':
      return [{ kind: 'dedicated', compute }, ...open]
    default:
      return open
  }
}
