import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type DefaultValues, type FieldValues, useForm, useWatch } from 'react-hook-form'
import type { WorkspaceRef } from '~/api/http.ts'
import { computes } from '~/api/queries/compute.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { useDraft, useKeepDraft } from '~/modules/draft.ts'
import { type FieldProblems, resolverOf } from '~/modules/formErrors.ts'
import { useDryRun } from '~/modules/Preview.tsx'
import type { ComputeDocument } from '~/modules/specs/document.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { usePost } from './post.ts'
import { type Machine, useMachineDefaults } from './useMachineDefaults.ts'
import { useSteps } from './useSteps.ts'

type Options<S extends string, T> = {
  kind: 'cluster' | 'instance'
  start: T
  /** Name of the compute that the new one is like. */
  from: string | undefined
  secret: readonly string[]
  steps: readonly S[]
  stepOf: (path: string) => S
  titleOf: (step: S) => string
  labels: Record<string, MessageId>
  problemsOf: (v: T, taken: (name: string) => boolean) => FieldProblems
  documentOf: (v: T, ws: WorkspaceRef) => ComputeDocument
  priorityOf: (v: T) => string
  /** What it is called if nobody says. */
  stemOf: (v: T) => string
}

/** What the forms of machines have in common: a draft, a dry run, steps, and the frame around them. */
export function useWizard<S extends string, T extends FieldValues & Machine>(o: Options<S, T>) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const tab = `${o.kind}s` as const
  const draftKey = `${ws.name}.${o.kind}${o.from ? `.${o.from.toLowerCase()}` : ''}`
  const draft = useDraft(draftKey, o.start)
  const { data: others } = useQuery(computes(ws))
  const taken = (name: string) => others?.some((c) => c.name.toLowerCase() === name.toLowerCase()) ?? false
  const find = (v: T) => o.problemsOf(v, taken)
  const form = useForm<T>({
    defaultValues: draft.values as DefaultValues<T>,
    mode: 'onTouched',
    resolver: resolverOf(t, find),
  })
  useKeepDraft(draftKey, form, o.secret)
  const values = useWatch({ control: form.control }) as T
  const usual = useMachineDefaults(form, values, o.priorityOf(values), o.from ?? o.stemOf(values))
  const document = o.documentOf(values, ws)
  const post = usePost(draftKey, tab)
  const run = useDryRun(Object.keys(find(values)).length === 0 ? document : undefined, post.busy)
  const steps = useSteps<S, T>({
    form,
    steps: o.steps,
    stepOf: o.stepOf,
    labels: o.labels,
    problems: () => find(form.getValues()),
  })
  const next = async () => {
    if (!(await steps.right())) return
    if (steps.last) await post.send(o.documentOf(form.getValues(), ws))
    else steps.go(o.steps[o.steps.indexOf(steps.step) + 1] ?? steps.step)
  }
  return {
    form,
    values,
    /** What a node costs. */
    price: usual.price,
    document,
    run,
    steps,
    frame: {
      steps: o.steps.map((id) => ({ id, title: o.titleOf(id) })),
      step: steps.step,
      onStep: (id: string) => steps.go(id as S),
      errors: steps.errors,
      draft: {
        restored: draft.restored,
        drop() {
          draft.drop()
          form.reset({ ...o.start, name: usual.name })
        },
      },
      onNext: () => void next(),
      onCancel() {
        draft.drop()
        void navigate({ to: '/w/$ws/compute/$tab', params: { ws: ws.name, tab } })
      },
      doneLabel: t('action.create'),
      busy: post.busy,
    },
  }
}
