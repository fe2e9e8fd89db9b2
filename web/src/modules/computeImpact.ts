import type { Verb } from '~/api/queries/compute.ts'
import { type Compute, clusterOf, instanceOf, type Job } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { isAttached, isOn } from './computeKinds.ts'

const working = ['Starting', 'Provisioning', 'Preparing', 'Running', 'Finalizing', 'CancelRequested']

/** Those of the jobs that hold nodes now. */
export const runningOf = (jobs: Job[]): Job[] => jobs.filter((j) => working.includes(j.properties.status))

type Misfit = { id: MessageId; values?: Record<string, string> }

/** Why the verb does not fit the compute as it is. */
export function fits(verb: Verb, c: Compute): Misfit | undefined {
  if (c.properties.provisioningState === 'Deleting') return { id: 'compute.no.deleting' }
  if (verb === 'delete') return isAttached(c) ? { id: 'compute.no.deleteAttached' } : undefined
  if (verb === 'detach') return isAttached(c) ? undefined : { id: 'compute.no.detachOwn' }
  const instance = instanceOf(c)
  if (!instance) return { id: clusterOf(c) ? 'compute.no.powerCluster' : 'compute.no.powerOther' }
  const on = isOn(c)
  if (verb === 'start' && on) return { id: 'compute.no.startOn' }
  if (verb === 'start' && instance.state === 'Stopping') return { id: 'compute.no.startStopping' }
  if (verb === 'stop' && !on && instance.state !== 'Unusable' && instance.state !== 'CreateFailed') {
    return { id: 'compute.no.stopOff' }
  }
  if (verb === 'restart' && !on && instance.state !== 'Unusable') return { id: 'compute.no.restartOff' }
  return undefined
}

/** Whether work or data would be lost, so that the name is to be typed. */
export function atStake(verb: Verb, computes: Compute[], jobs: Job[] | undefined): boolean {
  if (verb === 'start') return false
  if (runningOf(jobs ?? []).length > 0) return true
  return verb === 'delete' && computes.some((c) => instanceOf(c))
}

/** Whether to ask before: not where nothing is lost that cannot be had again at once. */
export function needsAsking(verb: Verb, computes: Compute[], jobs: Job[] | undefined): boolean {
  if (verb === 'delete' || verb === 'detach' || !jobs) return verb !== 'start'
  return atStake(verb, computes, jobs)
}
