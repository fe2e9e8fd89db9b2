import { PageHeader } from '~/components/PageHeader.tsx'

export function Activity() {
  return <PageHeader title="Activity" />
}
