import { useQuery } from '@tanstack/react-query'
import { computes } from '~/api/queries/compute.ts'
import { clusterOf } from '~/api/types.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { NodesBar } from '~/modules/computeNodesBar.tsx'
import { ComputeState } from '~/modules/computeState.tsx'
import { computeOf, durationOf } from '~/modules/jobFacts.ts'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { Card, Line } from './Card.tsx'
import { runningComputes, workingJobs } from './facts.ts'
import { ComputeLink, JobLink } from './links.tsx'
import { useJobs } from './useJobs.ts'

const most = 6

/** What has machines now, and the jobs that run on them. */
export function Running() {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const all = useQuery(computes(ws))
  const jobs = useJobs()
  const on = runningComputes(all.data ?? [])
  const working = workingJobs(jobs.data?.jobs ?? [])
  return (
    <Card
      title={t('home.running')}
      queries={[all, ...jobs.queries]}
      empty={on.length + working.length === 0 ? t('home.running.none') : undefined}
      actions={
        <TextLink to="/w/$ws/compute" params={{ ws: ws.name }}>
          {t('home.running.all')}
        </TextLink>
      }
    >
      {on.slice(0, most).map((c) => {
        const cluster = clusterOf(c)
        return (
          <Line key={`c/${c.name}`} end={cluster && <NodesBar cluster={cluster} />}>
            <ComputeLink compute={c} />
            <ComputeState compute={c} />
          </Line>
        )
      })}
      {working.slice(0, most).map((j) => (
        <Line key={`j/${j.name}`} end={format.duration(durationOf(j, now) ?? 0)}>
          <JobLink job={j} />
          <StateBadge state={j.properties.status} />
          <span>{t('home.running.job', { name: computeOf(j) })}</span>
        </Line>
      ))}
    </Card>
  )
}
