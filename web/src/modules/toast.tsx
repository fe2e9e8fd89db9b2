/** What is said in a corner of the screen. What shows it is loaded when there is something to show. */
import { lazy, Suspense, useSyncExternalStore } from 'react'

/** What was done, or what was refused and with which error. */
export type Note =
  | { intent: 'success'; title: string; body: string }
  | { intent: 'error'; title: string; error: unknown }

export type Say = {
  done(title: string, body?: string): void
  /** What was refused, and why by its error. */
  refused(title: string, error: unknown): void
}

let waiting: Note[] = []
const listeners = new Set<() => void>()

function set(next: Note[]): void {
  waiting = next
  for (const f of listeners) f()
}

const say: Say = {
  done: (title, body = '') => set([...waiting, { intent: 'success', title, body }]),
  refused: (title, error) => set([...waiting, { intent: 'error', title, error }]),
}

/** Says in a corner of the screen what became of what the user asked for. */
export const useToasts = (): Say => say

/** What is to be said and was not yet taken. */
export const useNotes = (): Note[] =>
  useSyncExternalStore(
    (f) => {
      listeners.add(f)
      return () => listeners.delete(f)
    },
    () => waiting,
  )

export function take(): Note[] {
  const taken = waiting
  if (taken.length > 0) set([])
  return taken
}

const load = () => import('./Toasts.tsx').then((m) => ({ default: m.Toasts }))
const Toasts = lazy(load)
let asked = false

/** The corner; once in the application. */
export function ToastCorner() {
  if (useNotes().length > 0) asked = true
  return <Suspense>{asked && <Toasts />}</Suspense>
}
