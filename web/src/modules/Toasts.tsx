import { Toast, ToastBody, Toaster, ToastTitle, useToastController } from '@fluentui/react-components'
import { useEffect } from 'react'
import { ApiError } from '~/api/http.ts'
import { Refusal } from './refusal.tsx'
import { type Note, take, useNotes } from './toast.tsx'

const id = 'toaster'

/** Shows what waits to be said. */
export function Toasts() {
  const notes = useNotes()
  const { dispatchToast } = useToastController(id)
  useEffect(() => {
    if (notes.length === 0) return
    for (const note of take()) {
      dispatchToast(
        <Toast>
          <ToastTitle>{note.title}</ToastTitle>
          <Body note={note} />
        </Toast>,
        note.intent === 'error'
          ? { intent: 'error', timeout: 15_000, pauseOnHover: true, politeness: 'assertive' }
          : { intent: 'success', timeout: 5000, pauseOnHover: true },
      )
    }
  }, [notes, dispatchToast])
  return <Toaster toasterId={id} position="bottom-end" limit={4} />
}

function Body({ note }: { note: Note }) {
  if (note.intent === 'success') return note.body && <ToastBody>{note.body}</ToastBody>
  const code = note.error instanceof ApiError ? note.error.code : ''
  return (
    <ToastBody subtitle={code || undefined}>
      <Refusal error={note.error} />
    </ToastBody>
  )
}
