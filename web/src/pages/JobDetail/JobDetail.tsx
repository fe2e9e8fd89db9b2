import { PageHeader } from '~/components/PageHeader.tsx'

export function JobDetail() {
  return <PageHeader title="JobDetail" />
}
