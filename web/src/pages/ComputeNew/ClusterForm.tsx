import { useQuery } from '@tanstack/react-query'
import { compute, sizes } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import { clusterOf } from '~/api/types.ts'
import { Banner, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { processorOf } from '~/modules/sizes.ts'
import { type ClusterValues, clusterDefaults, clusterValues } from '~/modules/specs/cluster.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { ClusterWizard } from './ClusterWizard.tsx'

/** Reads what the wizard begins with: where clusters can be, and the compute of which another one is wanted. */
export function ClusterForm({ from }: { from?: string | undefined }) {
  const t = useText()
  const ws = useWorkspace()
  const places = useQuery(locations(ws))
  const model = useQuery({ ...compute(ws, from ?? ''), enabled: Boolean(from) })
  const cl = model.data && clusterOf(model.data)
  const where = model.data ? (model.data.properties.computeLocation ?? model.data.location) : ''
  const offers = useQuery({ ...sizes(ws, where, cl?.vmPriority ?? 'Dedicated'), enabled: Boolean(cl) })
  const failed = places.error ?? offers.error
  if (failed || !places.data || (from && !model.error && !(cl && offers.data))) {
    return (
      <>
        <PageHeader title={t('wizard.cluster.title')} />
        {failed ? <Failure error={failed} retry={() => void places.refetch()} /> : <Loading rows={8} />}
      </>
    )
  }
  const usual = places.data.find((l) => l.isDefault) ?? places.data[0]
  let start: ClusterValues = { ...clusterDefaults, location: usual?.name ?? '' }
  if (model.data && cl) {
    const size = offers.data?.find((s) => s.name.toLowerCase() === cl.vmSize.toLowerCase())
    start = clusterValues(model.data, size ? processorOf(size) : 'CPU')
  }
  return (
    <>
      {from && !cl && <Banner intent="warning">{t('wizard.from.missing', { name: from })}</Banner>}
      <ClusterWizard start={start} from={cl ? from : undefined} locations={places.data} />
    </>
  )
}
