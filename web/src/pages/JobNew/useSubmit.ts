import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { FieldPath } from 'react-hook-form'
import { stringify } from 'yaml'
import { ApiError } from '~/api/http.ts'
import { keys } from '~/api/keys.ts'
import { submitJob } from '~/api/queries/job.ts'
import { useText } from '~/i18n/text.tsx'
import { dropDraft } from '~/modules/draft.ts'
import { useRefusedLine } from '~/modules/refusal.tsx'
import { useToasts } from '~/modules/toast.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { documentOf, putEnvironment } from './body.ts'
import { fieldOfTarget } from './check.ts'
import { isMapping, type JobValues } from './tree.ts'
import type { useJobDraft } from './useJobDraft.ts'

/** Sends the job, opens its page, and puts what the server refuses to the field that it is about. */
export function useSubmit(d: ReturnType<typeof useJobDraft>, name: string) {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const navigate = useNavigate()
  const say = useToasts()
  const refusedLine = useRefusedLine()
  const [busy, setBusy] = useState(false)
  const [errors, setErrors] = useState<string[]>([])

  const refuse = (error: unknown) => {
    const field = error instanceof ApiError ? fieldOfTarget(error.target, d.values) : undefined
    const message = refusedLine(error)
    if (field) {
      d.form.setError(field as FieldPath<JobValues>, { type: 'server', message })
      d.form.setFocus(field as FieldPath<JobValues>)
    } else setErrors([message])
  }
  const send = async () => {
    setErrors([])
    if (d.broken) return setErrors([d.broken.message || t('jobnew.yaml.empty')])
    if (d.problems.length > 0) return setErrors(d.problems.map((p) => t(p.id, p.values)))
    if (!(await d.form.trigger(undefined, { shouldFocus: true }))) return
    setBusy(true)
    try {
      const { environment } = d.tree
      const id = isMapping(environment) ? await putEnvironment(ws, environment, stringify) : undefined
      const { body } = documentOf(ws, d.tree, name, id)
      await submitJob(ws, name, body)
      dropDraft(d.draft.key)
      say.done(t('jobnew.submitted', { name }))
      void client.invalidateQueries({ queryKey: keys.jobs() })
      await navigate({ to: '/w/$ws/jobs/$name/$view', params: { ws: ws.name, name, view: 'overview' } })
    } catch (error) {
      refuse(error)
    } finally {
      setBusy(false)
    }
  }
  return { busy, errors, send }
}
