/** What was typed into a form and not sent: kept for the tab, over a reload and over signing in again, never a secret. */
import { useEffect, useState } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'

const place = (key: string): string => `atelier.draft.${key}`
const rest = 200

export function readDraft<T extends object>(key: string): Partial<T> | undefined {
  try {
    const text = sessionStorage.getItem(place(key))
    return text ? (JSON.parse(text) as Partial<T>) : undefined
  } catch {
    return undefined
  }
}

const dropped = 'atelier-draft-dropped'

/** Forgets it. The form it is of keeps none again until somebody types. */
export function dropDraft(key: string): void {
  sessionStorage.removeItem(place(key))
  dispatchEvent(new CustomEvent(dropped, { detail: key }))
}

/** Values without the secret ones, at whatever depth. */
export function withoutSecretValues<T extends object>(values: T, secret: readonly string[]): T {
  return JSON.parse(JSON.stringify(values, (k, v) => (secret.includes(k) ? undefined : v))) as T
}

export type Draft<T> = {
  /** What the form begins with. */
  values: T
  /** That some of it was left from before. */
  restored: boolean
  /** Forgets it; the form then begins anew. */
  drop: () => void
}

/** The draft of a form as it was when the page opened, over what the form has otherwise. */
export function useDraft<T extends object>(key: string, otherwise: T): Draft<T> {
  const [left] = useState(() => readDraft<T>(key))
  const [restored, setRestored] = useState(left !== undefined)
  return {
    values: { ...otherwise, ...left },
    restored,
    drop() {
      dropDraft(key)
      setRestored(false)
    },
  }
}

/** Keeps the draft of a form from the first change on. */
export function useKeepDraft<T extends FieldValues>(
  key: string,
  form: UseFormReturn<T>,
  secret: readonly string[],
): void {
  useEffect(() => keepDraft(key, form, secret), [key, form, secret])
}

/** Keeps it until what it returns is called. */
export function keepDraft<T extends FieldValues>(
  key: string,
  form: Pick<UseFormReturn<T>, 'subscribe'>,
  secret: readonly string[],
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting: T | undefined
  let typed = false // what the page fills in by itself is no draft
  const type = () => {
    typed = true
  }
  const keep = () => {
    clearTimeout(timer)
    if (waiting) sessionStorage.setItem(place(key), JSON.stringify(withoutSecretValues(waiting, secret)))
    waiting = undefined
  }
  const forget = (e: Event) => {
    if ((e as CustomEvent<string>).detail !== key) return
    clearTimeout(timer)
    waiting = undefined
    typed = false
  }
  const end = form.subscribe({
    formState: { values: true },
    callback: ({ values }) => {
      if (!typed) return
      waiting = values as T
      clearTimeout(timer)
      timer = setTimeout(keep, rest)
    },
  })
  addEventListener('input', type, true)
  addEventListener('pagehide', keep)
  addEventListener(dropped, forget)
  return () => {
    removeEventListener('input', type, true)
    removeEventListener('pagehide', keep)
    removeEventListener(dropped, forget)
    keep()
    end()
  }
}
