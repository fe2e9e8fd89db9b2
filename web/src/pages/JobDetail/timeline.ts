/** What a job went through, from its events and its own times. */
import type { AtelierEvent, Job } from '~/api/types.ts'
import { isOver } from '~/api/types.ts'

export const stages = ['queued', 'provisioning', 'preparing', 'running', 'finalizing'] as const
export type Stage = (typeof stages)[number]

export type Step = { stage: Stage | 'submitted' | 'ended'; at?: string; until?: string; node?: string }
export type Attempt = { number: number; steps: Step[]; lost?: boolean }

/** The server's word for a state, and the stage that it is. A job that was given to nodes is being provisioned for. */
const stageOf: Record<string, Stage> = {
  Queued: 'queued',
  Starting: 'provisioning',
  Preparing: 'preparing',
  Running: 'running',
  Finalizing: 'finalizing',
}

/** Events of the job itself, oldest first. */
function own(events: AtelierEvent[], name: string): AtelierEvent[] {
  const path = `/jobs/${name}`.toLowerCase()
  return events.filter((e) => e.target.toLowerCase().endsWith(path))
}

/**
 * The attempts of a job, each with the steps that it took and those that are to come. Events may lack what is long
 * past; then the job's own times stand in.
 */
export function timeline(job: Job, events: AtelierEvent[]): Attempt[] {
  const p = job.properties
  const attempts: Attempt[] = [{ number: 1, steps: [] }]
  const created = p.createdTime ?? job.systemData?.createdAt
  if (created) (attempts[0] as Attempt).steps.push({ stage: 'submitted', at: created })
  for (const e of own(events, job.name)) {
    const stage = stageOf[e.state ?? '']
    if (!stage) continue
    let current = attempts.at(-1) as Attempt
    const last = current.steps.at(-1)
    if (last?.stage === stage) continue
    // Back in the queue: its nodes went, and it is tried again.
    if (stage === 'queued' && current.steps.some((s) => s.stage !== 'submitted' && s.stage !== 'queued')) {
      end(current, e.at)
      current.lost = true
      current = { number: attempts.length + 1, steps: [] }
      attempts.push(current)
    }
    end(current, e.at)
    current.steps.push({ stage, at: e.at })
  }
  const current = attempts.at(-1) as Attempt
  current.number = Math.max(current.number, p.attempt ?? 1)
  fill(current, job)
  if (isOver(p.status)) {
    end(current, p.endTime ?? undefined)
    current.steps.push({ stage: 'ended', at: p.endTime ?? undefined })
  } else {
    const at = current.steps.at(-1)?.stage ?? 'submitted'
    const done = stages.indexOf(at as Stage)
    for (const stage of stages.slice(done + 1)) {
      // Most jobs have nothing to prepare or finish: those steps are told when they come.
      if (stage === 'finalizing') continue
      current.steps.push({ stage })
    }
    current.steps.push({ stage: 'ended' })
  }
  return attempts
}

function end(attempt: Attempt, at: string | undefined): void {
  const last = attempt.steps.at(-1)
  if (last && last.until === undefined) last.until = at
}

/** Steps that no event told of, by the job's own times. */
function fill(attempt: Attempt, job: Job): void {
  const { queuedTime, startTime, status } = job.properties
  const has = (stage: Stage) => attempt.steps.some((s) => s.stage === stage)
  if (!has('queued') && attempt.steps.every((s) => s.stage === 'submitted') && queuedTime) {
    end(attempt, queuedTime)
    attempt.steps.push({ stage: 'queued', at: queuedTime, until: startTime ?? undefined })
  }
  if (!has('running') && startTime && (status === 'Running' || isOver(status))) {
    // A command that is over at once may be gone before anybody saw it run.
    const last = attempt.steps.at(-1)
    const after = last?.stage === 'finalizing' ? attempt.steps.pop() : undefined
    const before = attempt.steps.at(-1)
    if (before) before.until = startTime
    attempt.steps.push({ stage: 'running', at: startTime, until: after?.at })
    if (after) attempt.steps.push(after)
  }
}
