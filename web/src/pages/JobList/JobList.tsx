import { PageHeader } from '~/components/PageHeader.tsx'

export function JobList() {
  return <PageHeader title="JobList" />
}
