import { useQuery } from '@tanstack/react-query'
import { jobLogs } from '~/api/queries/job.ts'
import { isOver, type Job } from '~/api/types.ts'
import { Loading } from '~/components/Notice.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { LogViewer } from '~/modules/LogViewer/LogViewer.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

export function LogsView({ job }: { job: Job }) {
  const ws = useWorkspace()
  const query = useQuery(jobLogs(ws, job.name))
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />
  if (query.isPending) return <Loading rows={8} />
  return <LogViewer job={job.name} logs={query.data} over={isOver(job.properties.status)} />
}
