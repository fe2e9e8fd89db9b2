import type { LocationInfo } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { CopyAs } from '~/modules/CopyAs.tsx'
import { Preview } from '~/modules/Preview.tsx'
import { type ClusterValues, clusterDocument } from '~/modules/specs/cluster.ts'
import { parseWhole } from '~/modules/specs/numbers.ts'
import { WizardFrame } from '~/modules/WizardFrame.tsx'
import { ClusterAdvanced } from './ClusterAdvanced.tsx'
import { ClusterPresets } from './ClusterPresets.tsx'
import { ClusterVm } from './ClusterVm.tsx'
import { type ClusterStep, clusterLabels, clusterProblems, clusterSteps, stepOf } from './clusterProblems.ts'
import { useWizard } from './useWizard.ts'

const secret = ['adminPassword'] as const

type Props = { start: ClusterValues; from: string | undefined; locations: LocationInfo[] }

export function ClusterWizard({ start, from, locations }: Props) {
  const t = useText()
  const w = useWizard<ClusterStep, ClusterValues>({
    kind: 'cluster',
    start,
    from,
    secret,
    steps: clusterSteps,
    stepOf,
    titleOf: (step) => t(`wizard.step.${step}`),
    labels: clusterLabels,
    problemsOf: clusterProblems,
    documentOf: clusterDocument,
    priorityOf: (v) => v.priority,
    stemOf: (v) => (v.processor === 'GPU' ? 'gpu-cluster' : 'cpu-cluster'),
  })
  const { form, values } = w
  return (
    <WizardFrame
      {...w.frame}
      title={t('wizard.cluster.title')}
      lead={<ClusterPresets form={form} />}
      aside={
        <>
          <Preview run={w.run} nodes={{ min: parseWhole(values.min) ?? 0, max: parseWhole(values.max) ?? 0 }} />
          <CopyAs document={w.document} />
        </>
      }
    >
      {w.steps.step === 'vm' ? (
        <ClusterVm form={form} locations={locations} />
      ) : (
        <ClusterAdvanced form={form} nodePrice={w.price} />
      )}
    </WizardFrame>
  )
}
