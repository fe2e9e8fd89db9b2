import { useParams, useSearch } from '@tanstack/react-router'
import { type ComponentType, lazy, Suspense } from 'react'
import { Loading } from '~/components/Notice.tsx'

export type FormProps = {
  kind: string
  /** Name of a compute that the new one is to be like. */
  from: string | undefined
}

const ClusterForm = lazy(() => import('./ClusterForm.tsx').then((m) => ({ default: m.ClusterForm })))
const InstanceForm = lazy(() => import('./InstanceForm.tsx').then((m) => ({ default: m.InstanceForm })))
const InferenceForm = lazy(() => import('./InferenceForm.tsx').then((m) => ({ default: m.InferenceForm })))
const AttachForm = lazy(() => import('./AttachForm.tsx').then((m) => ({ default: m.AttachForm })))
const AttachMenu = lazy(() => import('./AttachMenu.tsx').then((m) => ({ default: m.AttachMenu })))

const attachKinds = ['vm', 'kubernetes', 'databricks', 'dla', 'hdinsight', 'synapse'].map((k) => `attach-${k}`)

/** The form of a kind; of what is not a kind, all that can be attached. */
function formOf(kind: string): ComponentType<FormProps> {
  switch (kind) {
    case 'cluster':
      return ClusterForm
    case 'instance':
      return InstanceForm
    case 'inference':
      return InferenceForm
  }
  return (attachKinds.includes(kind) ? AttachForm : AttachMenu) as ComponentType<FormProps>
}

/** A new compute: one form for each kind. */
export function ComputeNew() {
  const { kind } = useParams({ from: '/w/$ws/compute/new/$kind' })
  const { from } = useSearch({ from: '/w/$ws/compute/new/$kind' })
  const Form = formOf(kind)
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <Form key={`${kind} ${from ?? ''}`} kind={kind} from={from} />
    </Suspense>
  )
}
