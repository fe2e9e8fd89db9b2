import type { Verb } from '~/api/queries/compute.ts'
import type { ActiveJobs } from '~/api/queries/job.ts'
import type { Compute } from '~/api/types.ts'
import { ConfirmDialog } from '~/components/ConfirmDialog.tsx'
import { useText } from '~/i18n/text.tsx'
import { ComputeImpact } from './ComputeImpact.tsx'
import { atStake } from './computeImpact.ts'

/** Asks whether to do the verb with the computes, and says what it would do. */
export function ComputeQuestion(props: {
  verb: Verb
  computes: Compute[]
  skipped: number
  jobs: ActiveJobs | undefined
  onConfirm: () => void
  onClose: () => void
}) {
  const t = useText()
  const { verb, computes, jobs } = props
  const [first] = computes
  const one = first && computes.length === 1 ? first.name : undefined
  return (
    <ConfirmDialog
      open
      title={one ? t(`compute.ask.${verb}`, { name: one }) : t(`compute.askMany.${verb}`, { n: computes.length })}
      confirm={t(`action.${verb}`)}
      typed={atStake(verb, computes, jobs?.jobs) ? (one ?? String(computes.length)) : undefined}
      onConfirm={props.onConfirm}
      onClose={props.onClose}
    >
      <ComputeImpact verb={verb} computes={computes} skipped={props.skipped} jobs={jobs} />
    </ConfirmDialog>
  )
}
