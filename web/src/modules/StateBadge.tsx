import { Badge, makeStyles, tokens } from '@fluentui/react-components'
import {
  ArrowSyncCircleRegular,
  CheckmarkCircleFilled,
  CircleHintRegular,
  ClockRegular,
  DismissCircleFilled,
  PauseCircleRegular,
  PlayCircleFilled,
  ProhibitedRegular,
  QuestionCircleRegular,
  WarningFilled,
} from '@fluentui/react-icons'
import type { JSX } from 'react'
import { type Compute, clusterOf, instanceOf } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'

type Look = { color: 'success' | 'danger' | 'warning' | 'informative' | 'brand' | 'subtle'; icon: JSX.Element }

/** Each state has a shape of its own beside its colour and its word. */
const looks: Record<string, Look> = {
  ok: { color: 'success', icon: <CheckmarkCircleFilled /> },
  run: { color: 'success', icon: <PlayCircleFilled /> },
  busy: { color: 'informative', icon: <ArrowSyncCircleRegular /> },
  wait: { color: 'informative', icon: <ClockRegular /> },
  off: { color: 'subtle', icon: <PauseCircleRegular /> },
  bad: { color: 'danger', icon: <DismissCircleFilled /> },
  warn: { color: 'warning', icon: <WarningFilled /> },
  ended: { color: 'subtle', icon: <ProhibitedRegular /> },
  idle: { color: 'subtle', icon: <CircleHintRegular /> },
  unknown: { color: 'subtle', icon: <QuestionCircleRegular /> },
}

const lookOf: Record<string, keyof typeof looks> = {
  Succeeded: 'ok',
  Steady: 'ok',
  Attached: 'ok',
  Completed: 'ok',
  Running: 'run',
  JobRunning: 'run',
  running: 'run',
  Creating: 'busy',
  Updating: 'busy',
  Deleting: 'busy',
  Resizing: 'busy',
  Starting: 'busy',
  Restarting: 'busy',
  Stopping: 'busy',
  Preparing: 'busy',
  Provisioning: 'busy',
  Finalizing: 'busy',
  CancelRequested: 'busy',
  preparing: 'busy',
  leaving: 'busy',
  Queued: 'wait',
  NotStarted: 'wait',
  Stopped: 'off',
  idle: 'idle',
  Failed: 'bad',
  CreateFailed: 'bad',
  unusable: 'bad',
  Unusable: 'bad',
  NotResponding: 'bad',
  preempted: 'warn',
  Canceled: 'ended',
}

const useStyles = makeStyles({
  badge: { maxWidth: '100%', whiteSpace: 'nowrap', color: tokens.colorNeutralForeground1 },
})

/** A state in words, with a shape and a colour. Kind says which words: those of resources and jobs, or those of nodes. */
export function StateBadge({
  state,
  kind = 'state',
  requested = false,
  detail,
}: {
  state: string
  kind?: 'state' | 'node'
  requested?: boolean
  detail?: string | undefined
}) {
  const t = useText()
  const styles = useStyles()
  const look = looks[lookOf[state] ?? 'unknown'] ?? (looks.unknown as Look)
  const word = t(`${kind}.${state}` as MessageId)
  return (
    <Badge
      appearance="tint"
      color={look.color}
      icon={look.icon}
      size="large"
      className={styles.badge}
      data-state={state}
    >
      {requested ? t('state.requested', { state: word }) : word}
      {detail && ` ${detail}`}
    </Badge>
  )
}

/** The one word for how a compute is: what an instance does, whether a cluster is steady, or how far its making is. */
export function stateOf(c: Compute): string {
  const provisioning = c.properties.provisioningState
  const instance = instanceOf(c)
  if (instance && provisioning !== 'Deleting') return instance.state
  const cluster = clusterOf(c)
  if (cluster && provisioning === 'Succeeded') return cluster.allocationState ?? 'Steady'
  if (provisioning === 'Succeeded' && c.properties.isAttachedCompute) return 'Attached'
  return provisioning
}
