/** Keys that act. They are read by where they are on the keyboard, because with a Korean input method a key's letter is Korean. */
import { useLayoutEffect, useRef } from 'react'

export type ShortcutId = 'palette' | 'goCompute' | 'goJobs' | 'goQuota' | 'goHome' | 'new' | 'filter' | 'submit'

/** What there is, as people read it. */
export const shortcuts: { id: ShortcutId; keys: string; next?: string }[] = [
  { id: 'palette', keys: 'Ctrl+K' },
  { id: 'goCompute', keys: 'G', next: 'C' },
  { id: 'goJobs', keys: 'G', next: 'J' },
  { id: 'goQuota', keys: 'G', next: 'Q' },
  { id: 'goHome', keys: 'G', next: 'H' },
  { id: 'new', keys: 'N' },
  { id: 'filter', keys: '/' },
  { id: 'submit', keys: 'Ctrl+Enter' },
]

const second: Record<string, ShortcutId> = { KeyC: 'goCompute', KeyJ: 'goJobs', KeyQ: 'goQuota', KeyH: 'goHome' }
const patience = 1500

/** Reports whether a key pressed there is text, or otherwise the element's own. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest(
        'input, textarea, select, [role="menu"], [role="listbox"], [role="dialog"], [role="alertdialog"]',
      ) !== null)
  )
}

/** Calls go for the shortcuts that work everywhere: the palette, and G and a letter. On is whether single keys count. */
export function useShortcuts(on: boolean, go: (id: ShortcutId) => void): void {
  const first = useRef(0)
  // With the page and not after it: a key that is pressed as soon as the page shows counts.
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      // Outside of fields an input method has its hand on every key, but nothing is composed.
      if (e.isComposing || e.defaultPrevented) return
      if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.code === 'KeyK') {
        e.preventDefault()
        go('palette')
        return
      }
      if (!on || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return
      const id = e.timeStamp - first.current < patience ? second[e.code] : undefined
      first.current = e.code === 'KeyG' && !id ? e.timeStamp : 0
      if (id) {
        e.preventDefault()
        go(id)
      }
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [on, go])
}
