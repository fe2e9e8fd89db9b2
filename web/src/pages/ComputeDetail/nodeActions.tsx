import { useQueryClient } from '@tanstack/react-query'
import { type JSX, useState } from 'react'
import { keys } from '~/api/keys.ts'
import { useFreshness } from '~/api/live.ts'
import { nodeAct } from '~/api/queries/compute.ts'
import { type Compute, may, type NodeInfo } from '~/api/types.ts'
import { ConfirmDialog } from '~/components/ConfirmDialog.tsx'
import { useText } from '~/i18n/text.tsx'
import { useToasts } from '~/modules/toast.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

export type NodeVerb = 'drain' | 'preempt'

export type NodeActions = {
  /** Why the verb cannot be done with the node, or undefined if it can. */
  denied(verb: NodeVerb, node: NodeInfo): string | undefined
  ask(verb: NodeVerb, node: NodeInfo): void
  dialog: JSX.Element | null
}

/** Draining and the preemption drill: both ask first. */
export function useNodeActions(c: Compute, gone: boolean): NodeActions {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const say = useToasts()
  const freshness = useFreshness()
  const [question, setQuestion] = useState<{ verb: NodeVerb; node: NodeInfo }>()
  const [busy, setBusy] = useState(false)
  const run = async (verb: NodeVerb, node: NodeInfo) => {
    setBusy(true)
    try {
      await nodeAct(ws, c.name, node.nodeId, verb)
      say.done(t(`details.node.asked.${verb}`, { name: node.nodeId }))
    } catch (error) {
      say.refused(t(`details.node.refused.${verb}`, { name: node.nodeId }), error)
    }
    setBusy(false)
    setQuestion(undefined)
    void client.invalidateQueries({ queryKey: keys.computeParts(c.name) })
  }
  return {
    denied(verb, node) {
      if (gone) return t('details.gone.reason', { name: c.name })
      if (freshness.state === 'reconnecting') return t('stale.reason')
      if (!may(c, 'write')) return t('denied.reason', { action: 'computes/write' })
      return node.actions?.includes(verb) ? undefined : t(`details.node.no.${verb}`)
    },
    ask: (verb, node) => setQuestion({ verb, node }),
    dialog: question ? (
      <ConfirmDialog
        open
        title={t(`details.node.ask.${question.verb}`, { name: question.node.nodeId })}
        confirm={t(`details.node.${question.verb}`)}
        busy={busy}
        onConfirm={() => void run(question.verb, question.node)}
        onClose={() => setQuestion(undefined)}
      >
        <span>
          {question.node.runId
            ? t(`details.node.impact.${question.verb}.busy`, { job: question.node.runId })
            : t(`details.node.impact.${question.verb}.idle`)}
        </span>
      </ConfirmDialog>
    ) : null,
  }
}
