import { PageHeader } from '~/components/PageHeader.tsx'

export function ComputeList() {
  return <PageHeader title="ComputeList" />
}
