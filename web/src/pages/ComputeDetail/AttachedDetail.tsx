import { makeStyles, tokens } from '@fluentui/react-components'
import type { Compute } from '~/api/types.ts'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { useText } from '~/i18n/text.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { EventList } from '~/modules/EventList.tsx'
import { JobTable } from '~/modules/JobTable.tsx'
import { StateBadge, stateOf } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { AttachedHealth } from './AttachedHealth.tsx'
import { AttachedOverview } from './AttachedOverview.tsx'
import { LeaveButton } from './LeaveButton.tsx'

const views = ['overview', 'health', 'jobs', 'events'] as const

const useStyles = makeStyles({ kind: { color: tokens.colorNeutralForeground2 } })

/** What there is to see of a compute whose machines are not Atelier's: attached, or an inference cluster. */
export function AttachedDetail({ compute, view }: { compute: Compute; view: string }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { name } = compute
  const shown = views.find((v) => v === view) ?? 'overview'
  return (
    <>
      <PageHeader
        title={name}
        aside={
          <>
            <StateBadge state={stateOf(compute)} />
            <span className={styles.kind}>{t(`type.${compute.properties.computeType}`)}</span>
          </>
        }
        actions={<LeaveButton compute={compute} />}
      />
      <RouteTabs
        label={t('attached.tabs', { name })}
        tabs={views.map((v) => ({
          to: '/w/$ws/compute/$tab/$name/$view',
          params: { ws: ws.name, tab: tabOf(compute), name, view: v },
          label: t(`attached.tab.${v}`),
          current: v === shown,
        }))}
      />
      {shown === 'overview' && <AttachedOverview compute={compute} />}
      {shown === 'health' && <AttachedHealth compute={compute} />}
      {shown === 'jobs' && <JobTable compute={name} />}
      {shown === 'events' && <EventList target={`computes/${name}`} />}
    </>
  )
}
