import type { KeyboardEvent } from 'react'

/** Reports whether the key belongs to a composition (Korean, Japanese, Chinese): then it never submits nor is a shortcut. */
export function composing(e: KeyboardEvent | globalThis.KeyboardEvent): boolean {
  const native = 'nativeEvent' in e ? e.nativeEvent : e
  return native.isComposing || native.keyCode === 229
}
