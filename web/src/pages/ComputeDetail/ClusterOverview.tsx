import { makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { why } from '~/api/queries/compute.ts'
import type { ClusterProps, Compute } from '~/api/types.ts'
import { Loading } from '~/components/Notice.tsx'
import { Panel, PanelGrid, PropertyList } from '~/components/Panel.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { ReasonPanel } from '~/modules/reasons.tsx'
import { parseSeconds } from '~/modules/specs/numbers.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { CostCard, DemandCard, QuotaCard, ScalingCard } from './ClusterCards.tsx'
import { Problems, usePropertiesOfAll } from './facts.tsx'
import { LatestEvents } from './LatestEvents.tsx'

const Monitoring = lazy(() => import('./Monitoring.tsx').then((m) => ({ default: m.Monitoring })))

const useStyles = makeStyles({
  page: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL },
  cards: {
    display: 'grid',
    gridTemplateColumns: 'minmax(min(320px, 100%), 2fr) repeat(3, minmax(170px, 1fr))',
    gap: tokens.spacingHorizontalL,
    '@media (max-width: 1100px)': { gridTemplateColumns: 'repeat(auto-fit, minmax(min(220px, 100%), 1fr))' },
  },
})

/** How big the cluster is and wants to be, what it costs, what waits for it, and why it is not as it should be. */
export function ClusterOverview(props: { compute: Compute; cluster: ClusterProps; gone: boolean }) {
  const { compute: c, cluster, gone } = props
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { data: reasons } = useQuery({ ...why(ws, c.name), enabled: !gone })
  return (
    <div className={styles.page}>
      <Problems compute={c} errors={cluster.errors} />
      {(reasons?.reasons?.length ?? 0) > 0 && (
        <ReasonPanel reasons={reasons?.reasons} title={t('why.compute.title')} about={{ compute: c }} />
      )}
      <div className={styles.cards}>
        <ScalingCard compute={c} cluster={cluster} gone={gone} />
        <CostCard compute={c} cluster={cluster} />
        <QuotaCard compute={c} cluster={cluster} />
        <DemandCard compute={c} gone={gone} />
      </div>
      <Suspense fallback={<Loading rows={5} />}>
        <Monitoring name={c.name} brief />
      </Suspense>
      <PanelGrid>
        <Properties compute={c} cluster={cluster} />
        <LatestEvents compute={c} />
      </PanelGrid>
    </div>
  )
}

function Properties({ compute: c, cluster }: { compute: Compute; cluster: ClusterProps }) {
  const t = useText()
  const format = useFormat()
  const { first, last } = usePropertiesOfAll(c)
  const { minNodeCount: min, maxNodeCount: max, nodeIdleTimeBeforeScaleDown: idle } = cluster.scaleSettings
  const ssh = cluster.userAccountCredentials
  return (
    <Panel title={t('details.properties')}>
      <PropertyList
        items={[
          ...first,
          { label: t('details.size'), value: cluster.vmSize },
          { label: t('details.priority'), value: t(`priority.${cluster.vmPriority}`) },
          { label: t('details.min'), value: format.number(min) },
          { label: t('details.max'), value: format.number(max) },
          { label: t('details.idle'), value: format.duration((parseSeconds(idle) ?? 0) * 1000) },
          {
            label: t('details.ssh'),
            value: ssh ? t('details.ssh.user', { user: ssh.adminUserName }) : t('details.ssh.off'),
          },
          { label: t('details.subnet'), value: cluster.subnet?.id ?? t('none') },
          ...last,
        ]}
      />
    </Panel>
  )
}
