import { useQuery } from '@tanstack/react-query'
import { jobOutputs, outputAddress } from '~/api/queries/job.ts'
import { isOver, type Job } from '~/api/types.ts'
import { Empty, Loading } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { command, quote, workspaceFlags } from '~/modules/specs/shell.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { FileBrowser } from './FileBrowser.tsx'

/** The files that a job left. */
export function Outputs({ job }: { job: Job }) {
  const t = useText()
  const ws = useWorkspace()
  const query = useQuery(jobOutputs(ws, job.name))
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />
  if (query.isPending) return <Loading rows={6} />
  const { items, more } = query.data
  if (items.length === 0) {
    return (
      <Empty title={t(isOver(job.properties.status) ? 'job.outputs.over' : 'job.outputs.none')}>
        {t('job.outputs.none.help')}
      </Empty>
    )
  }
  return (
    <FileBrowser
      label={t('job.outputs.tree')}
      files={items}
      more={more}
      addressOf={(path) => outputAddress(ws, job.name, path)}
      cli={command([`atelier job download ${quote(job.name)}`, ...workspaceFlags({ ws })])}
    />
  )
}
