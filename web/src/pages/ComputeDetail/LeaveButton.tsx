import { DeleteRegular, PlugDisconnectedRegular } from '@fluentui/react-icons'
import type { Compute } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { useText } from '~/i18n/text.tsx'
import { useComputeActions } from '~/modules/computeActions.tsx'
import { brought } from './attachedFacts.ts'

/** Detach for what the user brought, delete for what was made here. */
export function LeaveButton({ compute, gone }: { compute: Compute; gone: boolean }) {
  const t = useText()
  const actions = useComputeActions()
  const verb = brought(compute) ? 'detach' : 'delete'
  return (
    <>
      <ActionButton
        icon={verb === 'detach' ? <PlugDisconnectedRegular /> : <DeleteRegular />}
        denied={gone ? t('details.gone.reason', { name: compute.name }) : actions.denied(verb, [compute])}
        onClick={() => actions.run(verb, [compute])}
      >
        {t(`action.${verb}`)}
      </ActionButton>
      {actions.dialog}
    </>
  )
}
