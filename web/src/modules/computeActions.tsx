/** Start, stop, restart, delete, detach: who may, what it would do, and what became of it. */
import { useQueryClient } from '@tanstack/react-query'
import { type JSX, lazy, Suspense, useState } from 'react'
import { keys } from '~/api/keys.ts'
import { useFreshness } from '~/api/live.ts'
import { act, type Verb } from '~/api/queries/compute.ts'
import type { ActiveJobs } from '~/api/queries/job.ts'
import { type Compute, may } from '~/api/types.ts'
import { type Text, useText } from '~/i18n/text.tsx'
import { fits, needsAsking } from './computeImpact.ts'
import { fewAtATime, jobsOn } from './computeJobs.ts'
import { accepted, asking, refused } from './operations.ts'
import { useToasts } from './toast.tsx'
import { useWorkspace } from './workspace.tsx'

// Most visits ask nothing, and the list is to be there fast.
const Question = lazy(() => import('./ComputeQuestion.tsx').then((m) => ({ default: m.ComputeQuestion })))

export type { Verb }

const actionOf = (verb: Verb): string =>
  verb === 'delete' || verb === 'detach' ? 'computes/delete' : `computes/${verb}/action`

/** Why the verb cannot be done with the compute, or undefined if it can. */
export function deniedFor(t: Text, verb: Verb, c: Compute): string | undefined {
  if (!may(c, verb === 'detach' ? 'delete' : verb)) return t('denied.reason', { action: actionOf(verb) })
  const misfit = fits(verb, c)
  return misfit && t(misfit.id, { name: c.name, ...misfit.values })
}

export type ComputeActions = {
  /** Why the verb can be done with none of the computes. */
  denied(verb: Verb, computes: Compute[]): string | undefined
  /** Does the verb with those of the computes that it can be done with, and asks before where work or data is at stake. */
  run(verb: Verb, computes: Compute[], then?: () => void): void
  /** The question, to be placed anywhere in the page. */
  dialog: JSX.Element | null
}

type Asked = {
  verb: Verb
  computes: Compute[]
  skipped: number
  jobs: ActiveJobs | undefined
  then: (() => void) | undefined
}

export function useComputeActions(): ComputeActions {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const fresh = useFreshness()
  const once = useOnce()
  const [question, setQuestion] = useState<Asked>()
  const stale = fresh.state === 'reconnecting' || fresh.state === 'signedOut'

  const all = async (verb: Verb, computes: Compute[], then: (() => void) | undefined) => {
    setQuestion(undefined)
    then?.()
    await fewAtATime(computes, (c) => once(verb, c))
  }
  const begin = async (verb: Verb, computes: Compute[], then: (() => void) | undefined) => {
    const able = computes.filter((c) => !deniedFor(t, verb, c))
    if (able.length === 0) return
    const jobs = verb === 'start' ? { jobs: [], more: false } : await jobsOn(client, ws, able)
    if (!needsAsking(verb, able, jobs?.jobs)) return all(verb, able, then)
    setQuestion({ verb, computes: able, skipped: computes.length - able.length, jobs, then })
  }
  return {
    denied(verb, computes) {
      if (stale) return t('stale.reason')
      const reasons = computes.map((c) => deniedFor(t, verb, c))
      return reasons.every(Boolean) ? reasons[0] : undefined
    },
    run: (verb, computes, then) => void begin(verb, computes, then),
    dialog: question ? (
      <Suspense>
        <Question
          {...question}
          onConfirm={() => void all(question.verb, question.computes, question.then)}
          onClose={() => setQuestion(undefined)}
        />
      </Suspense>
    ) : null,
  }
}

/** Does one verb with one compute, and says what became of it. */
function useOnce() {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const say = useToasts()
  return async (verb: Verb, c: Compute) => {
    const op = asking(verb, `computes/${c.name}`)
    try {
      accepted(op, await act(ws, c.name, verb))
      say.done(t(`compute.asked.${verb}`, { name: c.name }), verb === 'stop' ? t('compute.stop.kept') : undefined)
    } catch (error) {
      refused(op, error)
      say.refused(t(`compute.refused.${verb}`, { name: c.name }), error)
    }
    void client.invalidateQueries({ queryKey: keys.computes() })
    void client.invalidateQueries({ queryKey: keys.compute(c.name) })
  }
}
