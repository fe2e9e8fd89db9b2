import type { Job } from '~/api/types.ts'
import { Panel, type Property, PropertyList } from '~/components/Panel.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { useNow } from '~/modules/clock.ts'
import { computeOf, durationOf } from '~/modules/jobFacts.ts'
import { fromIso } from '~/modules/specs/numbers.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

/** "name:version" of an asset's ARM ID. */
export function assetName(id: string | null | undefined): string {
  const m = /\/([^/]+)\/versions\/([^/]+)$/.exec(id ?? '')
  return m ? `${m[1]}:${m[2]}` : (id ?? '')
}

/** What the job is. */
export function JobProperties({ job }: { job: Job }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const { properties: p } = job
  const compute = computeOf(job)
  const duration = durationOf(job, now)
  const timeout = p.limits?.timeout ? fromIso(p.limits.timeout) : undefined
  const items: Property[] = [
    { label: t('jobs.name'), value: job.name },
    {
      label: t('jobs.compute'),
      value: compute && (
        // The page of the compute finds the right tab by itself.
        <TextLink
          to="/w/$ws/compute/$tab/$name/$view"
          params={{ ws: ws.name, tab: 'clusters', name: compute, view: 'overview' }}
        >
          {compute}
        </TextLink>
      ),
    },
    {
      label: t('jobs.experiment'),
      value: (
        <TextLink to="/w/$ws/jobs" params={{ ws: ws.name }} search={{ f: [`experiment:${p.experimentName}`] }}>
          {p.experimentName}
        </TextLink>
      ),
    },
    { label: t('jobs.submitter'), value: job.systemData?.createdBy },
    { label: t('jobs.created'), value: <Ago at={job.systemData?.createdAt} /> },
    { label: t('jobs.duration'), value: duration === undefined ? '–' : format.duration(duration) },
    { label: t('job.instances'), value: format.number(p.resources?.instanceCount ?? 1) },
    { label: t('jobs.priority'), value: format.number(p.priority ?? 0) },
    {
      label: t('job.attempt'),
      value: p.attempt ? t('job.attemptOf', { n: p.attempt, most: p.maxAttempts ?? 1 }) : '–',
    },
    {
      label: t('job.timeout'),
      value: timeout === undefined ? p.limits?.timeout || t('job.timeout.none') : format.duration(timeout * 1000),
    },
    { label: t('job.environment'), value: assetName(p.environmentId) || t('job.environment.none') },
  ]
  if (p.nodes?.length) items.push({ label: t('jobs.nodes'), value: p.nodes.join(', ') })
  if (p.distribution) {
    const { distributionType: type, processCountPerInstance: n } = p.distribution
    items.push({ label: t('job.distribution'), value: n ? t('job.distribution.processes', { type, n }) : type })
  }
  if (p.exitCode !== null && p.exitCode !== undefined) {
    items.push({ label: t('job.exitCode'), value: String(p.exitCode) })
  }
  if (p.jobType !== 'Command') items.push({ label: t('job.kind'), value: p.jobType })
  if (p.description) items.push({ label: t('job.description'), value: p.description })
  return (
    <Panel title={t('job.properties')}>
      <PropertyList items={items} />
    </Panel>
  )
}
