import type { Job } from '~/api/types.ts'
import { nameOfId } from './computeKinds.ts'

/** Name of the compute that a job is for, or ''. */
export const computeOf = (j: Job): string => nameOfId(j.properties.computeId)

/** How long a job ran, or runs by now; undefined before it ran. */
export function durationOf(j: Job, now: number): number | undefined {
  const { startTime, endTime } = j.properties
  if (!startTime) return undefined
  return Math.max(0, (endTime ? Date.parse(endTime) : now) - Date.parse(startTime))
}
