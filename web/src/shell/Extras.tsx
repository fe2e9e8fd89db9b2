import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useState, useSyncExternalStore } from 'react'
import type { WorkspaceRef } from '~/api/http.ts'
import { closePalette, openPalette, paletteOpen, subscribePalette } from './paletteState.ts'
import { usePreferences } from './preferences.ts'
import { type ShortcutId, useShortcuts } from './shortcuts.ts'

const Palette = lazy(() => import('./Palette.tsx').then((m) => ({ default: m.Palette })))

/** What floats above every page: the command palette and its shortcuts. */
export function Extras({ ws }: { ws: WorkspaceRef }) {
  const navigate = useNavigate()
  const { shortcuts } = usePreferences()
  const open = useSyncExternalStore(subscribePalette, paletteOpen)
  const [used, setUsed] = useState(false)
  if (open && !used) setUsed(true)
  const go = useCallback(
    (id: ShortcutId) => {
      const params = { ws: ws.name }
      if (id === 'palette') openPalette()
      else if (id === 'goCompute') void navigate({ to: '/w/$ws/compute', params })
      else if (id === 'goJobs') void navigate({ to: '/w/$ws/jobs', params })
      else if (id === 'goQuota') void navigate({ to: '/w/$ws/quota', params })
      else if (id === 'goHome') void navigate({ to: '/w/$ws', params })
    },
    [navigate, ws.name],
  )
  useShortcuts(shortcuts, go)
  return <Suspense>{used && <Palette open={open} onClose={closePalette} />}</Suspense>
}
