import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useForm, useWatch } from 'react-hook-form'
import { computes } from '~/api/queries/compute.ts'
import type { LocationInfo } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { CopyAs } from '~/modules/CopyAs.tsx'
import { useDraft, useKeepDraft } from '~/modules/draft.ts'
import { resolverOf } from '~/modules/formErrors.ts'
import { Preview, useDryRun } from '~/modules/Preview.tsx'
import { type ClusterValues, clusterDocument } from '~/modules/specs/cluster.ts'
import { parseWhole } from '~/modules/specs/numbers.ts'
import { WizardFrame } from '~/modules/WizardFrame.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { ClusterAdvanced } from './ClusterAdvanced.tsx'
import { ClusterPresets } from './ClusterPresets.tsx'
import { ClusterVm } from './ClusterVm.tsx'
import { type ClusterStep, clusterLabels, clusterProblems, clusterSteps, stepOf } from './clusterProblems.ts'
import { usePost } from './post.ts'
import { useMachineDefaults } from './useMachineDefaults.ts'
import { useSteps } from './useSteps.ts'

const secret = ['adminPassword'] as const

type Props = { start: ClusterValues; from: string | undefined; locations: LocationInfo[] }

export function ClusterWizard({ start, from, locations }: Props) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const draftKey = `${ws.name}.cluster${from ? `.${from.toLowerCase()}` : ''}`
  const draft = useDraft(draftKey, start)
  const { data: others } = useQuery(computes(ws))
  const taken = (name: string) => others?.some((c) => c.name.toLowerCase() === name.toLowerCase()) ?? false
  const find = (v: ClusterValues) => clusterProblems(v, taken)
  const form = useForm<ClusterValues>({
    defaultValues: draft.values,
    mode: 'onTouched',
    resolver: resolverOf(t, find),
  })
  useKeepDraft(draftKey, form, secret)
  const values = useWatch({ control: form.control }) as ClusterValues
  const stem = from ?? (values.processor === 'GPU' ? 'gpu-cluster' : 'cpu-cluster')
  const usual = useMachineDefaults(form, values, values.priority, stem)

  const post = usePost(draftKey, 'clusters')
  const document = clusterDocument(values, ws)
  const complete = Object.keys(find(values)).length === 0
  const run = useDryRun(complete ? document : undefined)
  const steps = useSteps<ClusterStep, ClusterValues>({
    form,
    steps: clusterSteps,
    stepOf,
    labels: clusterLabels,
    problems: () => find(form.getValues()),
  })
  const next = async () => {
    if (!(await steps.right())) return
    if (steps.last) await post.send(clusterDocument(form.getValues(), ws))
    else steps.go('advanced')
  }
  const leave = () => {
    draft.drop()
    void navigate({ to: '/w/$ws/compute/$tab', params: { ws: ws.name, tab: 'clusters' } })
  }
  return (
    <WizardFrame
      title={t('wizard.cluster.title')}
      lead={<ClusterPresets form={form} />}
      steps={clusterSteps.map((id) => ({ id, title: t(`wizard.step.${id}`) }))}
      step={steps.step}
      onStep={(id) => steps.go(id as ClusterStep)}
      errors={steps.errors}
      draft={{
        restored: draft.restored,
        drop: () => {
          draft.drop()
          form.reset({ ...start, name: usual.name })
        },
      }}
      onNext={() => void next()}
      onCancel={leave}
      doneLabel={t('action.create')}
      busy={post.busy}
      aside={
        <>
          <Preview run={run} nodes={{ min: parseWhole(values.min) ?? 0, max: parseWhole(values.max) ?? 0 }} />
          <CopyAs document={document} />
        </>
      }
    >
      {steps.step === 'vm' ? (
        <ClusterVm form={form} locations={locations} />
      ) : (
        <ClusterAdvanced form={form} nodePrice={usual.price} />
      )}
    </WizardFrame>
  )
}
