import { Toast, ToastBody, ToastTitle, useToastController } from '@fluentui/react-components'
import { useMemo } from 'react'
import { ApiError } from '~/api/http.ts'

export const toasterId = 'toaster'

export type Say = {
  done(title: string, body?: string): void
  /** What was refused, in the server's words. */
  refused(title: string, error: unknown): void
}

/** Says in a corner of the screen what became of what the user asked for. */
export function useToasts(): Say {
  const { dispatchToast } = useToastController(toasterId)
  return useMemo(
    () => ({
      done: (title, body) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{title}</ToastTitle>
            {body && <ToastBody>{body}</ToastBody>}
          </Toast>,
          { intent: 'success', timeout: 5000, pauseOnHover: true },
        ),
      refused: (title, error) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{title}</ToastTitle>
            <ToastBody subtitle={error instanceof ApiError ? error.code : undefined}>
              {error instanceof Error ? error.message : String(error)}
            </ToastBody>
          </Toast>,
          { intent: 'error', timeout: 15_000, pauseOnHover: true, politeness: 'assertive' },
        ),
    }),
    [dispatchToast],
  )
}
