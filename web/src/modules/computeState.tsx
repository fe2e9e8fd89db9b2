import type { Verb } from '~/api/queries/compute.ts'
import { type Compute, clusterOf } from '~/api/types.ts'
import { useRequested } from './operations.ts'
import { StateBadge, stateOf } from './StateBadge.tsx'

const becoming: Record<Verb, string> = {
  start: 'Starting',
  stop: 'Stopping',
  restart: 'Restarting',
  delete: 'Deleting',
  detach: 'Deleting',
}
const goal: Partial<Record<Verb, string[]>> = { start: ['Running', 'JobRunning'], stop: ['Stopped'] }

/** What was asked of a compute and the server does not show yet; undefined when what it shows is the truth. */
export function requestedState(verb: string | undefined, state: string): string | undefined {
  const next = becoming[verb as Verb]
  if (!next || state === next || state === 'Deleting') return undefined
  return goal[verb as Verb]?.includes(state) ? undefined : next
}

/** How a compute is, and what was asked of it. A cluster that changes says from how many nodes to how many. */
export function ComputeState({ compute: c }: { compute: Compute }) {
  const op = useRequested(`computes/${c.name}`)
  const state = stateOf(c)
  const requested = requestedState(op?.verb, state)
  if (requested) return <StateBadge state={requested} requested />
  const cluster = clusterOf(c)
  const resizing = state === 'Resizing' && cluster && cluster.currentNodeCount !== cluster.targetNodeCount
  return (
    <StateBadge
      state={state}
      detail={resizing ? `${cluster.currentNodeCount}→${cluster.targetNodeCount}` : undefined}
    />
  )
}
