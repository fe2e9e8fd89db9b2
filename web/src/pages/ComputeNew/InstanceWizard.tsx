import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useForm, useWatch } from 'react-hook-form'
import { computes } from '~/api/queries/compute.ts'
import { access } from '~/api/queries/session.ts'
import type { LocationInfo } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { CopyAs } from '~/modules/CopyAs.tsx'
import { useDraft, useKeepDraft } from '~/modules/draft.ts'
import { AreaField } from '~/modules/FormFields.tsx'
import { resolverOf } from '~/modules/formErrors.ts'
import { Preview, useDryRun } from '~/modules/Preview.tsx'
import { type InstanceValues, instanceDocument } from '~/modules/specs/instance.ts'
import { WizardFrame } from '~/modules/WizardFrame.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { InstanceApplications } from './InstanceApplications.tsx'
import { InstanceRequired } from './InstanceRequired.tsx'
import { InstanceReview } from './InstanceReview.tsx'
import { InstanceScheduling } from './InstanceScheduling.tsx'
import { InstanceSecurity } from './InstanceSecurity.tsx'
import {
  type InstanceStep,
  instanceLabels,
  instanceProblems,
  instanceStepOf,
  instanceSteps,
} from './instanceProblems.ts'
import { TagFields } from './MoreFields.tsx'
import { usePost } from './post.ts'
import { useMachineDefaults } from './useMachineDefaults.ts'
import { useSteps } from './useSteps.ts'

const secret: readonly string[] = []

type Props = { start: InstanceValues; from: string | undefined; locations: LocationInfo[] }

export function InstanceWizard({ start, from, locations }: Props) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const draftKey = `${ws.name}.instance${from ? `.${from.toLowerCase()}` : ''}`
  const draft = useDraft(draftKey, start)
  const { data: others } = useQuery(computes(ws))
  const { data: me } = useQuery(access(ws))
  const taken = (name: string) => others?.some((c) => c.name.toLowerCase() === name.toLowerCase()) ?? false
  const find = (v: InstanceValues) => instanceProblems(v, taken)
  const form = useForm<InstanceValues>({
    defaultValues: draft.values,
    mode: 'onTouched',
    resolver: resolverOf(t, find),
  })
  useKeepDraft(draftKey, form, secret)
  const values = useWatch({ control: form.control }) as InstanceValues
  const usual = useMachineDefaults(form, values, 'Dedicated', from ?? stemOf(me?.name))

  const post = usePost(draftKey, 'instances')
  const document = instanceDocument(values, ws)
  const complete = Object.keys(find(values)).length === 0
  const run = useDryRun(complete ? document : undefined)
  const steps = useSteps<InstanceStep, InstanceValues>({
    form,
    steps: instanceSteps,
    stepOf: instanceStepOf,
    labels: instanceLabels,
    problems: () => find(form.getValues()),
  })
  const next = async () => {
    if (!(await steps.right())) return
    if (steps.last) await post.send(instanceDocument(form.getValues(), ws))
    else steps.go(instanceSteps[instanceSteps.indexOf(steps.step) + 1] ?? 'review')
  }
  return (
    <WizardFrame
      title={t('newInstance.title')}
      steps={instanceSteps.map((id) => ({ id, title: t(`newInstance.step.${id}`) }))}
      step={steps.step}
      onStep={(id) => steps.go(id as InstanceStep)}
      errors={steps.errors}
      draft={{
        restored: draft.restored,
        drop: () => {
          draft.drop()
          form.reset({ ...start, name: usual.name })
        },
      }}
      onNext={() => void next()}
      onReview={() => void steps.right().then((ok) => ok && steps.go('review'))}
      onCancel={() => {
        draft.drop()
        void navigate({ to: '/w/$ws/compute/$tab', params: { ws: ws.name, tab: 'instances' } })
      }}
      doneLabel={t('action.create')}
      busy={post.busy}
      aside={
        <>
          <Preview run={run} />
          {steps.step !== 'review' && <CopyAs document={document} />}
        </>
      }
    >
      {steps.step === 'required' && <InstanceRequired form={form} locations={locations} />}
      {steps.step === 'scheduling' && <InstanceScheduling form={form} />}
      {steps.step === 'security' && <InstanceSecurity form={form} />}
      {steps.step === 'applications' && <InstanceApplications form={form} />}
      {steps.step === 'tags' && (
        <>
          <TagFields control={form.control} />
          <AreaField
            control={form.control}
            name="description"
            label={t('wizard.field.description')}
            rows={2}
            help="description"
          />
        </>
      )}
      {steps.step === 'review' && (
        <>
          <InstanceReview values={values} />
          <CopyAs document={document} first="yaml" />
        </>
      )}
    </WizardFrame>
  )
}

/** "ci-kim" for kim, as instances are usually called. */
const stemOf = (user: string | undefined): string => {
  const letters = user
    ?.toLowerCase()
    .match(/[a-z][a-z0-9]*/)?.[0]
    ?.slice(0, 12)
  return letters ? `ci-${letters}` : 'ci-desk'
}
