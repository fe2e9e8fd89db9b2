import { useQuery } from '@tanstack/react-query'
import { useLayoutEffect } from 'react'
import { profile } from '~/api/queries/session.ts'

const own =
  'input, textarea, select, [contenteditable], [role="menu"], [role="listbox"], [role="dialog"], [role="alertdialog"]'

/**
 * Calls f when a single key is pressed outside of fields and menus, unless the user has switched such shortcuts off.
 * Code says where the key is on the keyboard, because with a Korean input method its letter is Korean, or "Process".
 */
export function useKey(code: string, f: () => void): void {
  const { data } = useQuery(profile())
  const on = data?.shortcuts ?? true
  // With the page and not after it: a key that is pressed as soon as the page shows counts.
  useLayoutEffect(() => {
    if (!on) return
    const pressed = (e: KeyboardEvent) => {
      if (e.code !== code || e.defaultPrevented || e.isComposing) return
      if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.repeat) return
      if (e.target instanceof Element && e.target.closest(own)) return
      e.preventDefault()
      f()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [code, f, on])
}
