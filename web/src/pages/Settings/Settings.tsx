import { PageHeader } from '~/components/PageHeader.tsx'

export function Settings() {
  return <PageHeader title="Settings" />
}
