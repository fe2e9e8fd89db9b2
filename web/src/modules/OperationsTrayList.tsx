import { Button, makeStyles, Popover, PopoverSurface, Subtitle2, shorthands, tokens } from '@fluentui/react-components'
import {
  ArrowSyncCircleRegular,
  CheckmarkCircleFilled,
  DismissCircleFilled,
  DismissRegular,
} from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type RefObject, useRef } from 'react'
import { ApiError } from '~/api/http.ts'
import { computes } from '~/api/queries/compute.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from './clock.ts'
import { tabOf } from './computeKinds.ts'
import { forgetEnded, type Op, useOperations } from './operations.ts'
import { Refusal } from './refusal.tsx'
import { useWorkspace } from './workspace.tsx'

const useStyles = makeStyles({
  surface: {
    width: '360px',
    maxWidth: 'calc(100vw - 16px)',
    maxHeight: '70vh',
    overflowY: 'auto',
    padding: tokens.spacingHorizontalM,
  },
  head: { display: 'flex', alignItems: 'center', minHeight: '32px' },
  title: { margin: 0, marginInlineEnd: 'auto' },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  item: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    paddingBlock: tokens.spacingVerticalS,
    ...shorthands.borderTop(tokens.strokeWidthThin, 'solid', tokens.colorNeutralStroke3),
  },
  icon: { fontSize: '20px', display: 'inline-flex' },
  ok: { color: tokens.colorPaletteGreenForeground1 },
  bad: { color: tokens.colorPaletteRedForeground1 },
  link: {
    color: tokens.colorBrandForegroundLink,
    overflowWrap: 'anywhere',
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  meta: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

/** What the user set off, the newest first. */
export function OperationsTrayList({ bell, close }: { bell: RefObject<HTMLElement | null>; close: () => void }) {
  const t = useText()
  const styles = useStyles()
  const ops = useOperations()
  const closer = useRef<HTMLButtonElement>(null)
  // The button that clears goes with what it cleared, and must not take the focus along.
  const clear = () => {
    forgetEnded()
    closer.current?.focus()
  }
  return (
    <Popover
      open
      trapFocus
      onOpenChange={(_, d) => !d.open && close()}
      positioning={{ target: bell.current, position: 'below', align: 'end' }}
    >
      <PopoverSurface className={styles.surface} aria-label={t('operations.title')}>
        <div className={styles.head}>
          <Subtitle2 as="h2" className={styles.title}>
            {t('operations.title')}
          </Subtitle2>
          {ops.some((o) => o.endedAt) && (
            <Button size="small" appearance="subtle" onClick={clear}>
              {t('operations.clear')}
            </Button>
          )}
          <Button
            ref={closer}
            size="small"
            appearance="subtle"
            icon={<DismissRegular />}
            aria-label={t('action.close')}
            onClick={close}
          />
        </div>
        {ops.length === 0 && <p className={styles.meta}>{t('operations.none')}</p>}
        <ul className={styles.list}>
          {ops.map((op) => (
            <Operation key={op.id} op={op} />
          ))}
        </ul>
      </PopoverSurface>
    </Popover>
  )
}

const known = ['create', 'start', 'stop', 'restart', 'delete', 'detach', 'update', 'cancel']

function Operation({ op }: { op: Op }) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const now = useNow()
  const name = op.target.split('/')[1] ?? op.target
  const verb = known.includes(op.verb) ? t(`operations.verb.${op.verb}` as MessageId) : op.verb
  const status = op.failed ? 'failed' : op.endedAt ? 'done' : op.at ? 'running' : 'asked'
  const icon = {
    failed: <DismissCircleFilled className={styles.bad} />,
    done: <CheckmarkCircleFilled className={styles.ok} />,
    running: <ArrowSyncCircleRegular />,
    asked: <ArrowSyncCircleRegular />,
  }[status]
  const elapsed = format.duration((op.endedAt ?? now) - op.startedAt)
  return (
    <li className={styles.item}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <div>
        <div>
          {verb} · <Target op={op} name={name} />
        </div>
        <div className={styles.meta}>
          {t(`operations.${status}`, { time: elapsed, when: format.ago(op.endedAt ?? op.startedAt, now) })}
        </div>
        {op.failed && (
          <div className={styles.meta}>
            <Refusal error={new ApiError(0, op.failed.code, op.failed.message)} />
          </div>
        )}
      </div>
    </li>
  )
}

/** What it is about, as a link for as long as it is there. */
function Target({ op, name }: { op: Op; name: string }) {
  const styles = useStyles()
  const ws = useWorkspace()
  const [kind] = op.target.split('/')
  const { data } = useQuery({ ...computes(ws), enabled: kind === 'computes' })
  if (kind === 'jobs') {
    return (
      <Link to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name, view: 'overview' }} className={styles.link}>
        {name}
      </Link>
    )
  }
  const c = data?.find((x) => x.name.toLowerCase() === name)
  if (!c) return <>{name}</>
  return (
    <Link
      to="/w/$ws/compute/$tab/$name/$view"
      params={{ ws: ws.name, tab: tabOf(c), name: c.name, view: 'overview' }}
      className={styles.link}
    >
      {c.name}
    </Link>
  )
}
