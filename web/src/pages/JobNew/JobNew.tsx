import { PageHeader } from '~/components/PageHeader.tsx'

export function JobNew() {
  return <PageHeader title="JobNew" />
}
