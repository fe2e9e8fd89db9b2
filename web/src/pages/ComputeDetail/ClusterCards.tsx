import { makeStyles, mergeClasses, ProgressBar, tokens, typographyStyles } from '@fluentui/react-components'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { nodes, sizes } from '~/api/queries/compute.ts'
import { activeJobs, events } from '~/api/queries/job.ts'
import type { ClusterProps, Compute } from '~/api/types.ts'
import { Panel } from '~/components/Panel.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { useNow } from '~/modules/clock.ts'
import { locationOf } from '~/modules/computeKinds.ts'
import { usePrices } from '~/modules/computePrices.ts'
import { partOf } from '~/modules/eventText.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { demandOf, lastFailure, preparing, shrinksAt } from './clusterFacts.ts'
import { costText } from './facts.tsx'

const useStyles = makeStyles({
  figure: { ...typographyStyles.title3, fontVariantNumeric: 'tabular-nums' },
  line: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  lines: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalXXS },
  bar: { marginBlock: tokens.spacingVerticalXS },
})

type Props = { compute: Compute; cluster: ClusterProps }

/** How many nodes there are to be, how many there are and what they do, and what happens next. */
export function ScalingCard({ compute: c, cluster, gone }: Props & { gone: boolean }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const { data: all = [] } = useQuery({ ...nodes(ws, c.name), enabled: !gone })
  const { data: log } = useInfiniteQuery(events(ws, { target: `computes/${c.name}` }))
  const counts = cluster.nodeStateCounts
  const failure = lastFailure((log?.pages ?? []).toReversed().flatMap((p) => p.value))
  const shrinks = shrinksAt(cluster, all)
  const others = (
    [
      ['leaving', counts?.leavingNodeCount],
      ['unusable', counts?.unusableNodeCount],
      ['preempted', counts?.preemptedNodeCount],
    ] as const
  ).filter(([, n]) => n)
  return (
    <Panel title={t('details.scaling')}>
      <div className={styles.lines}>
        <span
          className={styles.figure}
          data-target={cluster.targetNodeCount ?? 0}
          data-current={cluster.currentNodeCount ?? 0}
        >
          {t('details.scaling.counts', {
            target: cluster.targetNodeCount ?? 0,
            current: cluster.currentNodeCount ?? 0,
          })}
        </span>
        <span className={styles.line}>
          {t('details.scaling.states', {
            running: counts?.runningNodeCount ?? 0,
            idle: counts?.idleNodeCount ?? 0,
            min: cluster.scaleSettings.minNodeCount,
            max: cluster.scaleSettings.maxNodeCount,
          })}
        </span>
        {preparing(all).map(({ stage, n, since }) => (
          <span key={stage} className={styles.line}>
            {t('details.scaling.preparing', {
              n,
              stage: t(`event.at.${stage}`),
              time: format.duration(since ? now - Date.parse(since) : 0),
            })}
          </span>
        ))}
        {others.map(([state, n]) => (
          <span key={state} className={styles.line}>
            {t('event.count', { state: t(`node.${state}`), n })}
          </span>
        ))}
        {shrinks !== undefined && (
          <span className={styles.line} data-countdown="">
            {shrinks > now
              ? t('details.scaling.countdown', { time: format.duration(shrinks - now) })
              : t('details.scaling.shrinks')}
          </span>
        )}
        {failure && (
          <span className={styles.line}>
            {t('details.scaling.failure')} <span lang="en">{failure.message || failure.reason}</span> (
            {partOf(failure.target).name}, <Ago at={failure.at} />)
          </span>
        )}
      </div>
    </Panel>
  )
}

/** What the nodes that there are cost, at the price of the size list. */
export function CostCard({ compute: c, cluster }: Props) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const prices = usePrices(useMemo(() => [c], [c]))
  const each = prices.of(c) === 'own' || cluster.vmPriority === 'LowPriority' ? undefined : prices.size(c)?.pricePerHour
  return (
    <Panel title={t('details.cost')}>
      <div className={styles.lines}>
        <span className={styles.figure}>{costText(t, format, prices, c)}</span>
        {typeof each === 'number' && (
          <span className={styles.line}>
            {t('details.cost.range', {
              min: format.money(each * cluster.scaleSettings.minNodeCount),
              max: format.money(each * cluster.scaleSettings.maxNodeCount),
            })}
          </span>
        )}
      </div>
    </Panel>
  )
}

/** How much of the quota of the size's family is in use. */
export function QuotaCard({ compute: c, cluster }: Props) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const ws = useWorkspace()
  const { data } = useQuery(sizes(ws, locationOf(c), cluster.vmPriority))
  const size = data?.find((s) => s.name.toLowerCase() === cluster.vmSize.toLowerCase())
  const limited = size !== undefined && size.quota.limit >= 0
  return (
    <Panel title={t('details.quota')}>
      <div className={styles.lines}>
        <span className={styles.figure}>
          {!size
            ? '–'
            : limited
              ? t('details.quota.of', { used: format.number(size.quota.used), limit: format.number(size.quota.limit) })
              : t('details.quota.used', { used: size.quota.used })}
        </span>
        {limited && (
          <ProgressBar
            className={styles.bar}
            value={size.quota.used}
            max={Math.max(1, size.quota.limit)}
            color={size.quota.available <= 0 ? 'error' : 'brand'}
            aria-label={t('details.quota')}
          />
        )}
        {size && (
          <span className={styles.line}>
            {size.family}
            {!limited && ` · ${t('details.quota.none')}`}
          </span>
        )}
        <TextLink to="/w/$ws/quota" params={{ ws: ws.name }} search={{ location: locationOf(c) }}>
          {t('remedy.quota')}
        </TextLink>
      </div>
    </Panel>
  )
}

/** What waits for nodes. */
export function DemandCard({ compute: c, gone }: { compute: Compute; gone: boolean }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const { data } = useQuery({ ...activeJobs(ws, c.name), enabled: !gone })
  const { jobs, more } = data ?? { jobs: [], more: false }
  const demand = demandOf(jobs)
  const working = jobs.length - demand.jobs
  return (
    <Panel title={t('details.demand')}>
      <div className={styles.lines}>
        <span className={styles.figure} data-waiting={demand.jobs}>
          {t(more ? 'details.demand.moreJobs' : 'details.demand.jobs', { n: demand.jobs })}
        </span>
        {demand.jobs > 0 && !more && (
          <span className={mergeClasses(styles.line)}>
            {t('details.demand.nodes', { n: demand.nodes })}
            {demand.since &&
              ` · ${t('details.demand.oldest', { time: format.duration(now - Date.parse(demand.since)) })}`}
          </span>
        )}
        <span className={styles.line}>
          {t(more ? 'details.demand.moreWorking' : 'details.demand.working', { n: working })}
        </span>
        <TextLink
          to="/w/$ws/compute/$tab/$name/$view"
          params={{ ws: ws.name, tab: 'clusters', name: c.name, view: 'jobs' }}
        >
          {t('details.demand.show')}
        </TextLink>
      </div>
    </Panel>
  )
}
