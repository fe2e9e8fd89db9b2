import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { isStatus } from '~/api/http.ts'
import { job } from '~/api/queries/job.ts'
import type { Job } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { useText } from '~/i18n/text.tsx'
import { EventList } from '~/modules/EventList.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { jobVerbs } from '~/modules/JobMenu.tsx'
import { type JobActions, useJobActions } from '~/modules/jobActions.tsx'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { CodeView } from './CodeView.tsx'
import { JobDeleted, JobNotFound } from './JobGone.tsx'
import { LogsView } from './LogsView.tsx'
import { Outputs } from './Outputs.tsx'
import { Overview } from './Overview.tsx'

const views = ['overview', 'logs', 'outputs', 'code', 'events'] as const

/** One job: what it is, how it is and why, what it printed and what it left. */
export function JobDetail() {
  const ws = useWorkspace()
  const { name, view } = useParams({ from: '/w/$ws/jobs/$name/$view' })
  const query = useQuery(job(ws, name))
  const actions = useJobActions()
  const { data, error } = query
  const absent = isStatus(error, 404)
  if (!data) {
    if (absent) return <JobNotFound name={name} />
    return (
      <>
        <PageHeader title={name} />
        {query.isPending ? <Loading rows={8} /> : <Failure error={error} retry={() => void query.refetch()} />}
      </>
    )
  }
  return (
    <>
      <Header job={data} actions={actions} gone={absent} />
      {absent && <JobDeleted name={data.name} />}
      {error && !absent && <Failure error={error} retry={() => void query.refetch()} />}
      <Tabs job={data} view={view} />
      <View job={data} view={view} actions={actions} />
      {actions.dialog}
    </>
  )
}

function Header({ job: j, actions, gone }: { job: Job; actions: JobActions; gone: boolean }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const back = () => void navigate({ to: '/w/$ws/jobs', params: { ws: ws.name } })
  return (
    <PageHeader
      title={j.properties.displayName || j.name}
      aside={<StateBadge state={j.properties.status} />}
      actions={jobVerbs.map(([verb, words]) => (
        <ActionButton
          key={verb}
          denied={gone && verb !== 'duplicate' ? t('job.cancel.over') : actions.denied(verb, j)}
          onClick={() => actions.run(verb, j, verb === 'delete' ? back : undefined)}
        >
          {t(words)}
        </ActionButton>
      ))}
    />
  )
}

function Tabs({ job: j, view }: { job: Job; view: string }) {
  const t = useText()
  const ws = useWorkspace()
  return (
    <RouteTabs
      label={t('job.tabs')}
      tabs={views.map((v) => ({
        to: '/w/$ws/jobs/$name/$view' as const,
        params: { ws: ws.name, name: j.name, view: v },
        label: t(`job.tab.${v}`),
        current: v === view || (v === 'overview' && !views.includes(view as never)),
      }))}
    />
  )
}

function View({ job: j, view, actions }: { job: Job; view: string; actions: JobActions }) {
  switch (view) {
    case 'logs':
      return <LogsView job={j} />
    case 'outputs':
      return <Outputs job={j} />
    case 'code':
      return <CodeView job={j} />
    case 'events':
      return <EventList target={`jobs/${j.name}`} />
    default:
      return <Overview job={j} actions={actions} />
  }
}
