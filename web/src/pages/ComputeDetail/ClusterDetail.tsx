import { lazy, Suspense } from 'react'
import type { ClusterProps, Compute } from '~/api/types.ts'
import { Loading } from '~/components/Notice.tsx'
import { EventList } from '~/modules/EventList.tsx'
import { JobTable } from '~/modules/JobTable.tsx'
import { ClusterOverview } from './ClusterOverview.tsx'
import { DetailHeader } from './DetailHeader.tsx'
import { HeaderActions } from './HeaderActions.tsx'
import { NodesView } from './NodesView.tsx'

const Monitoring = lazy(() => import('./Monitoring.tsx').then((m) => ({ default: m.Monitoring })))
const ClusterSettings = lazy(() => import('./ClusterSettings.tsx').then((m) => ({ default: m.ClusterSettings })))

const views = ['overview', 'nodes', 'jobs', 'monitoring', 'events', 'settings'] as const

export function ClusterDetail(props: { compute: Compute; cluster: ClusterProps; view: string; gone: boolean }) {
  const { compute: c, cluster, gone } = props
  const view = views.find((v) => v === props.view) ?? 'overview'
  return (
    <>
      <DetailHeader
        compute={c}
        since={cluster.allocationState === 'Resizing' ? cluster.allocationStateTransitionTime : undefined}
        actions={<HeaderActions compute={c} gone={gone} />}
        views={views}
        view={view}
        counts={{ nodes: cluster.currentNodeCount ?? undefined }}
      />
      <Suspense fallback={<Loading rows={6} />}>
        {view === 'overview' && <ClusterOverview compute={c} cluster={cluster} gone={gone} />}
        {view === 'nodes' && <NodesView compute={c} gone={gone} />}
        {view === 'jobs' && <JobTable compute={c.name} />}
        {view === 'monitoring' && <Monitoring name={c.name} />}
        {view === 'events' && <EventList target={`computes/${c.name}`} />}
        {view === 'settings' && <ClusterSettings compute={c} cluster={cluster} gone={gone} />}
      </Suspense>
    </>
  )
}
