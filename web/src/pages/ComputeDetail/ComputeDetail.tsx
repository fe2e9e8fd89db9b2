import { PageHeader } from '~/components/PageHeader.tsx'

export function ComputeDetail() {
  return <PageHeader title="ComputeDetail" />
}
