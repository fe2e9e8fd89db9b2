import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { type ReactNode, useLayoutEffect, useState } from 'react'
import { useText } from '~/i18n/text.tsx'
import { Form } from './Form.tsx'

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalM },
})

/** Asks before something is done that cannot be undone: what it will do, and, where work or data is at stake, the name typed. */
export function ConfirmDialog(props: {
  open: boolean
  title: string
  confirm: string
  /** What leaves all as it is; "Cancel" if not said. */
  keep?: string | undefined
  typed?: string | undefined
  busy?: boolean
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}) {
  const t = useText()
  const styles = useStyles()
  const [typed, setTyped] = useState('')
  useFocusBack(props.open)
  const ready = !props.typed || typed === props.typed
  const close = () => {
    setTyped('')
    props.onClose()
  }
  return (
    <Dialog open={props.open} onOpenChange={(_, d) => !d.open && close()} modalType="alert">
      <DialogSurface>
        <Form onSubmit={() => ready && props.onConfirm()}>
          <DialogBody>
            <DialogTitle>{props.title}</DialogTitle>
            <DialogContent className={styles.content}>
              {props.children}
              {props.typed && (
                <Field label={t('confirm.type', { name: props.typed })}>
                  <Input value={typed} onChange={(_, d) => setTyped(d.value)} autoComplete="off" />
                </Field>
              )}
            </DialogContent>
            <DialogActions>
              <Button onClick={close}>{props.keep ?? t('action.cancel')}</Button>
              <Button type="submit" appearance="primary" disabled={!ready || props.busy}>
                {props.confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </Form>
      </DialogSurface>
    </Dialog>
  )
}

/** The dialog opens from anywhere, so that Fluent knows no trigger of it: what had the focus gets it back. */
function useFocusBack(open: boolean): void {
  useLayoutEffect(() => {
    if (!open) return
    const had = document.activeElement
    return () => {
      requestAnimationFrame(() => {
        const lost = document.activeElement === null || document.activeElement === document.body
        if (lost && had instanceof HTMLElement && had.isConnected) had.focus()
      })
    }
  }, [open])
}
