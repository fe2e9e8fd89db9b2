import { PageHeader } from '~/components/PageHeader.tsx'

export function Quota() {
  return <PageHeader title="Quota" />
}
