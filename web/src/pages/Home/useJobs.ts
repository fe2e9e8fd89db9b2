import { useQuery } from '@tanstack/react-query'
import { isStatus } from '~/api/http.ts'
import { type ActiveJobs, activeJobs } from '~/api/queries/job.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

const none: ActiveJobs = { jobs: [], more: false }

/** Jobs that run or wait, for cards about computes: whoever may see only those is told of them without their jobs. */
export function useJobs() {
  const query = useQuery(activeJobs(useWorkspace()))
  const denied = isStatus(query.error, 403)
  return { data: query.data ?? (denied ? none : undefined), queries: denied ? [] : [query] }
}
