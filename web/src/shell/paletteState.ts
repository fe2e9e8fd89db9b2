/** Whether the command palette is open: asked by what opens it and by what shows it, which are apart on the page. */

let open = false
const listeners = new Set<() => void>()

function set(next: boolean): void {
  open = next
  for (const f of listeners) f()
}

export const openPalette = (): void => set(true)
export const closePalette = (): void => set(false)
export const paletteOpen = (): boolean => open

export function subscribePalette(f: () => void): () => void {
  listeners.add(f)
  return () => listeners.delete(f)
}
