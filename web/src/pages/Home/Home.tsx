import { PageHeader } from '~/components/PageHeader.tsx'

export function Home() {
  return <PageHeader title="Home" />
}
