import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { job } from '~/api/queries/job.ts'
import { Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { LogsView } from './LogsView.tsx'

/** One job. */
export function JobDetail() {
  const ws = useWorkspace()
  const { name } = useParams({ from: '/w/$ws/jobs/$name/$view' })
  const query = useQuery(job(ws, name))
  const j = query.data
  return (
    <>
      <PageHeader title={j?.properties.displayName || name} aside={j && <StateBadge state={j.properties.status} />} />
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {j ? <LogsView job={j} /> : <Loading />}
    </>
  )
}
