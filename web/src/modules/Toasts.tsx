import { Toast, ToastBody, Toaster, ToastTitle, useToastController } from '@fluentui/react-components'
import { useEffect } from 'react'
import { take, useNotes } from './toast.tsx'

const id = 'toaster'

/** Shows what waits to be said. */
export function Toasts() {
  const notes = useNotes()
  const { dispatchToast } = useToastController(id)
  useEffect(() => {
    if (notes.length === 0) return
    for (const { intent, title, body, code } of take()) {
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          {body && <ToastBody subtitle={code || undefined}>{body}</ToastBody>}
        </Toast>,
        intent === 'error'
          ? { intent, timeout: 15_000, pauseOnHover: true, politeness: 'assertive' }
          : { intent, timeout: 5000, pauseOnHover: true },
      )
    }
  }, [notes, dispatchToast])
  return <Toaster toasterId={id} position="bottom-end" limit={4} />
}
