import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { keys } from '~/api/keys.ts'
import { createCompute } from '~/api/queries/compute.ts'
import { useText } from '~/i18n/text.tsx'
import type { ComputeTab } from '~/modules/computeKinds.ts'
import { dropDraft } from '~/modules/draft.ts'
import { accepted, asking, refused } from '~/modules/operations.ts'
import type { ComputeDocument } from '~/modules/specs/document.ts'
import { useToasts } from '~/modules/toast.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

/** Posts what a form made. Then the draft goes, and the list opens, whose row shows how far it is. */
export function usePost(draftKey: string, tab: ComputeTab, verb: 'created' | 'attached' = 'created') {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const navigate = useNavigate()
  const say = useToasts()
  const [busy, setBusy] = useState(false)
  return {
    busy,
    async send({ name, body }: ComputeDocument, done?: () => void) {
      setBusy(true)
      void client.cancelQueries({ queryKey: keys.dryRuns() }) // one that is late would find the name taken
      const op = asking('create', `computes/${name}`)
      try {
        accepted(op, await createCompute(ws, name, body))
        dropDraft(draftKey)
        done?.()
        say.done(t(verb === 'attached' ? 'attach.done' : 'attach.created', { name }))
        await client.invalidateQueries({ queryKey: keys.computes() })
        await navigate({ to: '/w/$ws/compute/$tab', params: { ws: ws.name, tab } })
        // Still busy: the form may be drawn once more before the list is, and a preview would find the name taken.
      } catch (error) {
        setBusy(false)
        refused(op, error)
        say.refused(t(verb === 'attached' ? 'attach.refused' : 'wizard.refused', { name }), error)
      }
    },
  }
}
