import { useQuery } from '@tanstack/react-query'
import { compute, sizes } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import { instanceOf } from '~/api/types.ts'
import { Banner, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { processorOf } from '~/modules/sizes.ts'
import { type InstanceValues, instanceDefaults, instanceValues } from '~/modules/specs/instance.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { InstanceWizard } from './InstanceWizard.tsx'

/** Reads what the wizard begins with: where instances can be, and the one of which another is wanted. */
export function InstanceForm({ from }: { from?: string | undefined }) {
  const t = useText()
  const ws = useWorkspace()
  const places = useQuery(locations(ws))
  const model = useQuery({ ...compute(ws, from ?? ''), enabled: Boolean(from) })
  const instance = model.data && instanceOf(model.data)
  const where = model.data ? (model.data.properties.computeLocation ?? model.data.location) : ''
  const offers = useQuery({ ...sizes(ws, where, 'Dedicated'), enabled: Boolean(instance) })
  const failed = places.error ?? offers.error
  if (failed || !places.data || (from && !model.error && !(instance && offers.data))) {
    return (
      <>
        <PageHeader title={t('newInstance.title')} />
        {failed ? <Failure error={failed} retry={() => void places.refetch()} /> : <Loading rows={8} />}
      </>
    )
  }
  const usual = places.data.find((l) => l.isDefault) ?? places.data[0]
  let start: InstanceValues = { ...instanceDefaults, location: usual?.name ?? '' }
  if (model.data && instance) {
    const size = offers.data?.find((s) => s.name.toLowerCase() === instance.vmSize.toLowerCase())
    start = instanceValues(model.data, size ? processorOf(size) : 'CPU')
  }
  return (
    <>
      {from && !instance && <Banner intent="warning">{t('wizard.from.missing', { name: from })}</Banner>}
      <InstanceWizard start={start} from={instance ? from : undefined} locations={places.data} />
    </>
  )
}
