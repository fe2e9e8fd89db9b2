import { type RefObject, useLayoutEffect } from 'react'

/**
 * When the row that the keyboard is in goes away, it goes on at the row that takes its place: at its name or its
 * checkbox, with which nothing happens by mistake, or else at the table. Rows have data-key and data-index.
 */
export function useRowFocus(body: RefObject<HTMLElement | null>, keys: string[]): void {
  const at = document.activeElement
  // Looked up while the row is still there; after the change it cannot be told any more.
  const row = body.current?.contains(at) ? at?.closest<HTMLElement>('tr[data-key]') : undefined
  useLayoutEffect(() => {
    // A row that is only scrolled out of a long table is still one.
    if (!row || row.isConnected || keys.includes(row.dataset.key ?? '')) return
    if (document.activeElement !== document.body) return
    const index = Math.min(Number(row.dataset.index), keys.length - 1)
    const next = body.current?.querySelector(`tr[data-index="${index}"]`)?.querySelector<HTMLElement>('a, input')
    ;(next ?? body.current?.closest<HTMLElement>('[tabindex]'))?.focus()
  })
}
