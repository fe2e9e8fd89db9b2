import { Button, CounterBadge, makeStyles } from '@fluentui/react-components'
import { AlertRegular } from '@fluentui/react-icons'
import { lazy, Suspense, useRef, useState } from 'react'
import { useText } from '~/i18n/text.tsx'
import { useOperations } from './operations.ts'

// Most pages are read without it.
const Opened = lazy(() => import('./OperationsTrayList.tsx').then((m) => ({ default: m.OperationsTrayList })))

const useStyles = makeStyles({
  root: { position: 'relative', display: 'inline-flex' },
  count: { position: 'absolute', insetBlockStart: '1px', insetInlineEnd: '1px', pointerEvents: 'none' },
})

/** The bell: what the user set off, how far it is, and what became of it. */
export function OperationsTray() {
  const t = useText()
  const styles = useStyles()
  const ops = useOperations()
  const bell = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const running = ops.filter((o) => !o.endedAt).length
  const failed = ops.some((o) => o.failed)
  const label = t('shell.operations', { n: running })
  const close = () => {
    setOpen(false)
    bell.current?.focus()
  }
  return (
    <span className={styles.root}>
      <Button
        ref={bell}
        appearance="subtle"
        icon={<AlertRegular />}
        aria-label={failed ? `${label} · ${t('operations.someFailed')}` : label}
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={() => setOpen(!open)}
      />
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
      <Suspense>{open && <Opened bell={bell} close={close} />}</Suspense>
    </span>
  )
}
