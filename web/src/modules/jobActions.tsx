/** Cancel, delete, duplicate, priority: who may, what it would do, and what became of it. */
import { Field, Input } from '@fluentui/react-components'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type JSX, useState } from 'react'
import { keys } from '~/api/keys.ts'
import { useFreshness } from '~/api/live.ts'
import { cancelJob, deleteJob, setPriority } from '~/api/queries/job.ts'
import { isOver, type Job, may } from '~/api/types.ts'
import { ConfirmDialog } from '~/components/ConfirmDialog.tsx'
import { type Text, useText } from '~/i18n/text.tsx'
import { accepted, asking, refused } from './operations.ts'
import { parseWhole } from './specs/numbers.ts'
import { useToasts } from './toast.tsx'
import { useDenied, useWorkspace } from './workspace.tsx'

export type JobVerb = 'cancel' | 'delete' | 'duplicate' | 'priority'

export const mostPriority = 1000

const nameOf = (j: Job): string => j.properties.displayName || j.name

/** Why the verb cannot be done with the job, or undefined if it can. */
export function jobDenied(t: Text, verb: JobVerb, j: Job): string | undefined {
  const { status } = j.properties
  switch (verb) {
    case 'cancel':
      if (isOver(status)) return t('job.cancel.over')
      if (status === 'CancelRequested') return t('job.cancel.twice')
      return may(j, 'cancel') ? undefined : t('denied.reason', { action: 'jobs/cancel/action' })
    case 'delete':
      if (!isOver(status)) return t('job.delete.running')
      return may(j, 'delete') ? undefined : t('denied.reason', { action: 'jobs/delete' })
    case 'priority':
      if (status !== 'Queued') return t('job.priority.placed')
      return may(j, 'write') ? undefined : t('denied.reason', { action: 'jobs/write' })
    case 'duplicate':
      return undefined
  }
}

export type JobActions = {
  denied(verb: JobVerb, job: Job): string | undefined
  run(verb: JobVerb, job: Job, then?: () => void): void
  /** The question, to be placed anywhere in the page. */
  dialog: JSX.Element | null
}

type Question = { verb: 'cancel' | 'delete' | 'priority'; job: Job; then: (() => void) | undefined }

export function useJobActions(): JobActions {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const fresh = useFreshness()
  const submitDenied = useDenied('jobs/write')
  const act = useAct()
  const [question, setQuestion] = useState<Question>()
  const stale = fresh.state === 'reconnecting' || fresh.state === 'signedOut'
  const close = () => setQuestion(undefined)
  return {
    denied(verb, job) {
      if (stale) return t('stale.reason')
      return verb === 'duplicate' ? submitDenied : jobDenied(t, verb, job)
    },
    run(verb, job, then) {
      if (verb === 'duplicate') {
        void navigate({ to: '/w/$ws/jobs/new', params: { ws: ws.name }, search: { from: job.name } })
        return
      }
      // A job that has not begun loses nothing that would be asked about.
      if (verb === 'cancel' && ['Queued', 'NotStarted'].includes(job.properties.status)) void act.cancel(job)
      else setQuestion({ verb, job, then })
    },
    dialog:
      (question && (
        <Asked
          {...question}
          onClose={close}
          onConfirm={(priority) => {
            close()
            if (question.verb === 'cancel') void act.cancel(question.job)
            else if (question.verb === 'delete') {
              question.then?.() // away from the page of what is going
              void act.remove(question.job)
            } else void act.prioritize(question.job, priority)
          }}
        />
      )) ||
      null,
  }
}

function Asked(props: Question & { onClose: () => void; onConfirm: (priority: number) => void }) {
  const t = useText()
  const { verb, job } = props
  const name = nameOf(job)
  const [typed, setTyped] = useState(String(job.properties.priority ?? 0))
  if (verb !== 'priority') {
    return (
      <ConfirmDialog
        open
        title={t(`job.${verb}.title`, { name })}
        confirm={verb === 'cancel' ? t('job.cancel') : t('action.delete')}
        keep={verb === 'cancel' ? t('job.cancel.keep') : undefined}
        typed={verb === 'delete' ? job.name : undefined}
        onConfirm={() => props.onConfirm(0)}
        onClose={props.onClose}
      >
        {t(`job.${verb}.help`)}
      </ConfirmDialog>
    )
  }
  const n = parseWhole(typed.replace('−', '-'))
  const good = n !== undefined && Math.abs(n) <= mostPriority
  return (
    <ConfirmDialog
      open
      title={t('job.priority.title', { name })}
      confirm={t('action.save')}
      busy={!good}
      onConfirm={() => props.onConfirm(n ?? 0)}
      onClose={props.onClose}
    >
      <Field
        label={t('job.priority.label')}
        hint={t('job.priority.help')}
        validationMessage={good ? undefined : t('job.priority.bad')}
      >
        <Input value={typed} inputMode="numeric" onChange={(_, d) => setTyped(d.value)} />
      </Field>
    </ConfirmDialog>
  )
}

/** Does it, and says what became of it. */
function useAct() {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const say = useToasts()
  const refresh = (job: Job) => {
    void client.invalidateQueries({ queryKey: keys.jobs() })
    void client.invalidateQueries({ queryKey: keys.job(job.name) })
  }
  return {
    async cancel(job: Job) {
      const name = nameOf(job)
      const op = asking('cancel', `jobs/${job.name}`)
      try {
        await cancelJob(ws, job.name)
        accepted(op, '') // how far it is, the job itself says
        say.done(t('job.cancel.asked', { name }))
      } catch (error) {
        refused(op, error)
        say.refused(t('job.cancel.refused', { name }), error)
      }
      refresh(job)
    },
    async remove(job: Job) {
      const name = nameOf(job)
      try {
        await deleteJob(ws, job.name)
        say.done(t('job.delete.done', { name }))
        void client.invalidateQueries({ queryKey: keys.jobs() })
      } catch (error) {
        say.refused(t('job.delete.refused', { name }), error)
      }
    },
    async prioritize(job: Job, priority: number) {
      const name = nameOf(job)
      try {
        await setPriority(ws, job.name, priority)
        say.done(t('job.priority.done', { name, n: priority }))
      } catch (error) {
        say.refused(t('job.priority.refused', { name }), error)
      }
      refresh(job)
    },
  }
}
