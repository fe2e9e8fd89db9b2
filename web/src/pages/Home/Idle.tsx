import { StopRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { isStatus } from '~/api/http.ts'
import { computes } from '~/api/queries/compute.ts'
import { lastJob } from '~/api/queries/job.ts'
import { type Compute, clusterOf, isOver } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { type ComputeActions, useComputeActions } from '~/modules/computeActions.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { type Prices, usePrices } from '~/modules/computePrices.ts'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { Card, Line } from './Card.tsx'
import { idleComputes, idleSince } from './facts.ts'
import { ComputeLink } from './links.tsx'
import { useJobs } from './useJobs.ts'

const most = 6

/** What costs without working, and how to end that. */
export function Idle() {
  const t = useText()
  const ws = useWorkspace()
  const actions = useComputeActions()
  const all = useQuery(computes(ws))
  const jobs = useJobs()
  const prices = usePrices(all.data)
  const idle = all.data && jobs.data ? idleComputes(all.data, jobs.data.jobs) : []
  return (
    <>
      <Card
        title={t('home.idle')}
        queries={[all, ...jobs.queries]}
        empty={idle.length === 0 ? t('home.idle.none') : undefined}
      >
        {idle
          .slice(0, most)
          .map((c) =>
            clusterOf(c) ? (
              <IdleCluster key={c.name} compute={c} prices={prices} />
            ) : (
              <IdleInstance key={c.name} compute={c} prices={prices} actions={actions} />
            ),
          )}
      </Card>
      {actions.dialog}
    </>
  )
}

function PricePerHour({ compute, prices }: { compute: Compute; prices: Prices }) {
  const t = useText()
  const format = useFormat()
  const price = prices.of(compute)
  if (typeof price !== 'number') return null
  return <span>{t('money.perHour', { amount: format.money(price) })}</span>
}

function IdleInstance({ compute: c, prices, actions }: { compute: Compute; prices: Prices; actions: ComputeActions }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const ws = useWorkspace()
  const last = useQuery(lastJob(ws, c.name))
  const since = idleSince(c, last.data)
  const words = isStatus(last.error, 403) ? 'home.idle.untold' : 'home.idle.unknown'
  // Of very many jobs the list of all may lack this one.
  if (last.data && !isOver(last.data.properties.status)) return null
  return (
    <Line
      end={
        <>
          <PricePerHour compute={c} prices={prices} />
          <ActionButton
            size="small"
            icon={<StopRegular />}
            aria-label={t('home.idle.stop', { name: c.name })}
            denied={actions.denied('stop', [c])}
            onClick={() => actions.run('stop', [c])}
          >
            {t('action.stop')}
          </ActionButton>
        </>
      }
    >
      <ComputeLink compute={c} />
      <span>{since ? t('home.idle.since', { time: format.duration(now - since) }) : t(words)}</span>
    </Line>
  )
}

function IdleCluster({ compute: c, prices }: { compute: Compute; prices: Prices }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const denied = useDenied('computes/write')
  const cluster = clusterOf(c)
  return (
    <Line
      end={
        <>
          <PricePerHour compute={c} prices={prices} />
          <ActionButton
            size="small"
            denied={denied}
            onClick={() =>
              void navigate({
                to: '/w/$ws/compute/$tab/$name/$view',
                params: { ws: ws.name, tab: tabOf(c), name: c.name, view: 'settings' },
              })
            }
          >
            {t('home.idle.change')}
          </ActionButton>
        </>
      }
    >
      <ComputeLink compute={c} />
      <span>
        {t('home.idle.nodes', {
          n: cluster?.nodeStateCounts?.idleNodeCount ?? 0,
          min: cluster?.scaleSettings.minNodeCount ?? 0,
        })}
      </span>
    </Line>
  )
}
