import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { compute, sizes } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import type { Compute, LocationInfo } from '~/api/types.ts'
import { Banner, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { type Processor, processorOf } from '~/modules/sizes.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

type Begin<V> = {
  start: V
  /** Name of the compute that the new one is like, if that could be read. */
  from: string | undefined
  model: Compute | undefined
  locations: LocationInfo[]
}

type Props<V> = {
  title: string
  from: string | undefined
  machineOf: (c: Compute) => { vmSize: string; vmPriority?: 'Dedicated' | 'LowPriority' } | undefined
  valuesOf: (c: Compute, processor: Processor) => V
  defaults: V
  children: (begin: Begin<V>) => ReactNode
}

/** Reads what a form of machines begins with: where they can be, and the compute of which another one is wanted. */
export function MachineStart<V>({ title, from, machineOf, valuesOf, defaults, children }: Props<V>) {
  const t = useText()
  const ws = useWorkspace()
  const places = useQuery(locations(ws))
  const model = useQuery({ ...compute(ws, from ?? ''), enabled: from !== undefined })
  const machine = model.data && machineOf(model.data)
  const where = model.data ? model.data.properties.computeLocation || model.data.location : ''
  const offers = useQuery({ ...sizes(ws, where, machine?.vmPriority ?? 'Dedicated'), enabled: Boolean(machine) })
  // What fails later takes no form away that somebody fills in.
  const failed = (!places.data && places.error) || (!offers.data && offers.error)
  const waiting = !places.data || (from && !model.data && !model.error) || (machine && !offers.data)
  if (failed || waiting) {
    return (
      <>
        <PageHeader title={title} />
        {failed ? <Failure error={failed} retry={() => void places.refetch()} /> : <Loading rows={8} />}
      </>
    )
  }
  const begin = { from: undefined, model: undefined, locations: places.data }
  const usual = places.data.find((l) => l.isDefault) ?? places.data[0]
  if (!model.data || !machine) {
    return (
      <>
        {from && <Banner intent="warning">{t('wizard.from.missing', { name: from })}</Banner>}
        {children({ ...begin, start: { ...defaults, location: usual?.name ?? '' } })}
      </>
    )
  }
  const size = offers.data?.find((s) => s.name.toLowerCase() === machine.vmSize.toLowerCase())
  const start = valuesOf(model.data, size ? processorOf(size) : 'CPU')
  return children({ ...begin, start, from, model: model.data })
}
