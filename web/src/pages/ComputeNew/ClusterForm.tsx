import { clusterOf } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { clusterDefaults, clusterValues } from '~/modules/specs/cluster.ts'
import { ClusterWizard } from './ClusterWizard.tsx'
import { MachineStart } from './MachineStart.tsx'

/** A new cluster, or another one like one that there is. */
export function ClusterForm({ from }: { from?: string | undefined }) {
  const t = useText()
  return (
    <MachineStart
      title={t('wizard.cluster.title')}
      from={from}
      machineOf={clusterOf}
      valuesOf={clusterValues}
      defaults={clusterDefaults}
    >
      {(begin) => <ClusterWizard {...begin} />}
    </MachineStart>
  )
}
