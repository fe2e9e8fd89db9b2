import { PageHeader } from '~/components/PageHeader.tsx'

export function ComputeNew() {
  return <PageHeader title="ComputeNew" />
}
