import { makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { nodes } from '~/api/queries/compute.ts'
import type { Compute, InstanceProps } from '~/api/types.ts'
import { Loading } from '~/components/Notice.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { EventList } from '~/modules/EventList.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { DetailHeader } from './DetailHeader.tsx'
import { HeaderActions } from './HeaderActions.tsx'
import { InstanceApps } from './InstanceApps.tsx'
import { InstanceOverview } from './InstanceOverview.tsx'
import { InstanceSchedules } from './InstanceSchedules.tsx'
import { idleClock } from './instanceFacts.ts'

const Monitoring = lazy(() => import('./Monitoring.tsx').then((m) => ({ default: m.Monitoring })))

const views = ['overview', 'apps', 'schedules', 'monitoring', 'events'] as const

const useStyles = makeStyles({ idle: { color: tokens.colorNeutralForeground2 } })

export function InstanceDetail(props: { compute: Compute; instance: InstanceProps; view: string; gone: boolean }) {
  const { compute: c, instance, gone } = props
  const view = views.find((v) => v === props.view) ?? 'overview'
  return (
    <>
      <DetailHeader
        compute={c}
        aside={gone ? undefined : <Idle compute={c} instance={instance} />}
        actions={<HeaderActions compute={c} gone={gone} />}
        views={views}
        view={view}
      />
      <Suspense fallback={<Loading rows={6} />}>
        {view === 'overview' && <InstanceOverview compute={c} instance={instance} gone={gone} />}
        {view === 'apps' && <InstanceApps compute={c} instance={instance} />}
        {view === 'schedules' && <InstanceSchedules compute={c} instance={instance} gone={gone} />}
        {view === 'monitoring' && <Monitoring name={c.name} />}
        {view === 'events' && <EventList target={`computes/${c.name}`} />}
      </Suspense>
    </>
  )
}

/** The idle clock: how long of how long, and when it will stop. */
function Idle({ compute: c, instance }: { compute: Compute; instance: InstanceProps }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const counts = instance.state === 'Running' && Boolean(instance.idleTimeBeforeShutdown)
  const { data } = useQuery({ ...nodes(ws, c.name), enabled: counts })
  const clock = idleClock(instance, data ?? [])
  if (!clock) return null
  return (
    <span className={styles.idle} data-idle="">
      {t('details.idleClock', {
        for: format.duration(Math.max(0, now - clock.since)),
        of: format.duration(clock.after),
        left: format.duration(Math.max(0, clock.stopsAt - now)),
      })}
    </span>
  )
}
