import {
  Button,
  CounterBadge,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  tokens,
} from '@fluentui/react-components'
import { AlertRegular } from '@fluentui/react-icons'
import { lazy, Suspense } from 'react'
import { useText } from '~/i18n/text.tsx'
import { useOperations } from './operations.ts'

const OperationsList = lazy(() => import('./OperationsTrayList.tsx').then((m) => ({ default: m.OperationsTrayList })))

const useStyles = makeStyles({
  root: { position: 'relative', display: 'inline-flex' },
  count: { position: 'absolute', insetBlockStart: '1px', insetInlineEnd: '1px', pointerEvents: 'none' },
  surface: {
    width: '360px',
    maxWidth: 'calc(100vw - 16px)',
    maxHeight: '70vh',
    overflowY: 'auto',
    padding: tokens.spacingHorizontalM,
  },
})

/** The bell: what the user set off, how far it is, and what became of it. */
export function OperationsTray() {
  const t = useText()
  const styles = useStyles()
  const ops = useOperations()
  const running = ops.filter((o) => !o.endedAt).length
  const failed = ops.some((o) => o.failed)
  const label = t('shell.operations', { n: running })
  return (
    <Popover trapFocus withArrow positioning="below-end">
      <span className={styles.root}>
        <PopoverTrigger disableButtonEnhancement>
          <Button
            appearance="subtle"
            icon={<AlertRegular />}
            aria-label={failed ? `${label} · ${t('operations.someFailed')}` : label}
          />
        </PopoverTrigger>
        {(running > 0 || failed) && (
          <CounterBadge
            className={styles.count}
            aria-hidden="true"
            size="small"
            color={failed && running === 0 ? 'danger' : 'brand'}
            count={running}
            dot={running === 0}
          />
        )}
      </span>
      <PopoverSurface className={styles.surface} aria-label={t('operations.title')}>
        <Suspense>
          <OperationsList />
        </Suspense>
      </PopoverSurface>
    </Popover>
  )
}
