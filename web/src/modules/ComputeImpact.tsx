import { makeStyles, tokens } from '@fluentui/react-components'
import type { Verb } from '~/api/queries/compute.ts'
import type { ActiveJobs } from '~/api/queries/job.ts'
import { type Compute, clusterOf, instanceOf } from '~/api/types.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { runningOf } from './computeImpact.ts'

const useStyles = makeStyles({
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXL },
})

const shownNames = 5

/** What the verb would do to the computes: to their jobs, nodes and quota, what is lost and what is kept. */
export function ComputeImpact(props: {
  verb: Verb
  computes: Compute[]
  skipped: number
  jobs: ActiveJobs | undefined
}) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const { verb, computes } = props
  const jobs = props.jobs?.jobs
  const names = (all: { name: string }[]) => {
    const shown = all.slice(0, shownNames).map((x) => x.name)
    return all.length > shownNames
      ? t('compute.impact.andMore', { names: shown.join(', '), n: all.length - shownNames })
      : format.list(shown)
  }
  const running = runningOf(jobs ?? [])
  const waiting = (jobs ?? []).filter((j) => !running.includes(j))
  const nodes = computes.reduce((n, c) => n + (clusterOf(c)?.currentNodeCount ?? 0), 0)
  const instances = computes.filter((c) => instanceOf(c))
  const lines: string[] = []
  if (computes.length > 1) lines.push(t('compute.impact.which', { names: names(computes) }))
  if (props.skipped > 0) lines.push(t('compute.impact.skipped', { n: props.skipped }))
  if (running.length > 0) lines.push(t(`compute.impact.running.${verb}`, { n: running.length, names: names(running) }))
  if (waiting.length > 0) lines.push(t(`compute.impact.waiting.${verb}`, { n: waiting.length, names: names(waiting) }))
  if (props.jobs?.more) lines.push(t('compute.impact.moreJobs'))
  if (jobs && jobs.length === 0) lines.push(t('compute.impact.noJobs'))
  if (verb === 'delete') {
    if (nodes > 0) lines.push(t('compute.impact.nodes', { n: nodes }))
    if (instances.length > 0) lines.push(t('compute.impact.disk'))
    // Of an inference cluster only the record is Atelier's.
    if (computes.some((c) => c.properties.computeType === 'AKS')) lines.push(t('compute.impact.record'))
    if (computes.some((c) => c.properties.computeType !== 'AKS')) lines.push(t('compute.impact.quotaFree'))
  }
  if (verb === 'detach') lines.push(t('compute.impact.detach'), t('compute.impact.credentials'))
  if (verb === 'stop' || verb === 'restart') lines.push(t('compute.impact.memory'), t('compute.stop.kept'))
  return (
    <ul className={styles.list}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
