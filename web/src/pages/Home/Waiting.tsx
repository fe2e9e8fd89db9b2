import { useQuery } from '@tanstack/react-query'
import { activeJobs, jobWhy } from '~/api/queries/job.ts'
import type { Job } from '~/api/types.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { computeOf } from '~/modules/jobFacts.ts'
import { ReasonLine, Remedies } from '~/modules/reasons.tsx'
import { foremost } from '~/modules/reasonText.ts'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { Card, Line } from './Card.tsx'
import { waitingJobs } from './facts.ts'
import { JobLink } from './links.tsx'

const most = 5

/** Jobs that wait, each with what holds it up and what would help. */
export function Waiting() {
  const t = useText()
  const ws = useWorkspace()
  const query = useQuery(activeJobs(ws))
  const waiting = waitingJobs(query.data?.jobs ?? [])
  const others = waiting.length - most
  return (
    <Card title={t('home.waiting')} queries={[query]} empty={waiting.length === 0 ? t('home.waiting.none') : undefined}>
      {waiting.slice(0, most).map((j) => (
        <WaitingJob key={j.name} job={j} />
      ))}
      {others > 0 && (
        <Line>
          <TextLink to="/w/$ws/jobs" params={{ ws: ws.name }} search={{ f: ['status:Queued'] }}>
            {t(query.data?.more ? 'home.waiting.atLeast' : 'home.waiting.more', { n: others })}
          </TextLink>
        </Line>
      )}
    </Card>
  )
}

function WaitingJob({ job: j }: { job: Job }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const { queuedTime, createdTime } = j.properties
  // What computes do changes why jobs wait, and makes this old, not the list of jobs.
  const reasons = useQuery(jobWhy(ws, j.name)).data?.reasons ?? j.properties.reasons
  const first = foremost(reasons)
  const since = queuedTime ?? createdTime
  return (
    <Line
      below={
        first && (
          <>
            <ReasonLine reasons={reasons} />
            <Remedies reason={first} about={{ job: j }} />
          </>
        )
      }
    >
      <JobLink job={j} />
      <StateBadge state={j.properties.status} />
      {since && (
        <span>{t('home.waiting.on', { name: computeOf(j), time: format.duration(now - Date.parse(since)) })}</span>
      )}
    </Line>
  )
}
