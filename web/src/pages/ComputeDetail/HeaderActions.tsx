import { Menu, MenuButton, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components'
import {
  ArrowClockwiseRegular,
  CopyRegular,
  DeleteRegular,
  DocumentCopyRegular,
  EditRegular,
  MoreHorizontalRegular,
  PlayRegular,
  SendRegular,
  StopRegular,
} from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import type { JSX } from 'react'
import type { Compute } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { useText } from '~/i18n/text.tsx'
import { useComputeActions, type Verb } from '~/modules/computeActions.tsx'
import { isOn, tabOf } from '~/modules/computeKinds.ts'
import { showCommand } from '~/modules/specs/shell.ts'
import { useToasts } from '~/modules/toast.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'

/** What can be done with a cluster or an instance as a whole. Of one that is gone only another like it can be made. */
export function HeaderActions({ compute: c, gone }: { compute: Compute; gone: boolean }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const say = useToasts()
  const actions = useComputeActions()
  const createDenied = useDenied('computes/write')
  const submitDenied = useDenied('jobs/write')
  const goneReason = gone ? t('details.gone.reason', { name: c.name }) : undefined
  const denied = (verb: Verb) => goneReason ?? actions.denied(verb, [c])
  const kind = tabOf(c) === 'clusters' ? 'cluster' : 'instance'
  const go = (verb: Verb, icon: JSX.Element) => (
    <ActionButton icon={icon} denied={denied(verb)} onClick={() => actions.run(verb, [c])}>
      {t(`action.${verb}`)}
    </ActionButton>
  )
  const copyCli = async () => {
    const line = showCommand(ws, c.name)
    await navigator.clipboard.writeText(line)
    say.done(t('action.copied'), line)
  }
  const more: { label: string; icon: JSX.Element; denied?: string | undefined; act: () => void }[] = [
    {
      label: t('action.duplicate'),
      icon: <DocumentCopyRegular />,
      denied: createDenied,
      act: () =>
        void navigate({
          to: '/w/$ws/compute/new/$kind',
          params: { ws: ws.name, kind },
          search: { from: c.name },
        }),
    },
    {
      label: t('action.delete'),
      icon: <DeleteRegular />,
      denied: denied('delete'),
      act: () => actions.run('delete', [c]),
    },
    { label: t('action.copyCli'), icon: <CopyRegular />, act: () => void copyCli() },
  ]
  return (
    <>
      {kind === 'cluster' ? (
        <ActionButton
          icon={<EditRegular />}
          denied={goneReason}
          onClick={() =>
            void navigate({
              to: '/w/$ws/compute/$tab/$name/$view',
              params: { ws: ws.name, tab: tabOf(c), name: c.name, view: 'settings' },
            })
          }
        >
          {t('action.edit')}
        </ActionButton>
      ) : (
        <>
          {isOn(c) ? go('stop', <StopRegular />) : go('start', <PlayRegular />)}
          {go('restart', <ArrowClockwiseRegular />)}
        </>
      )}
      <ActionButton
        icon={<SendRegular />}
        denied={goneReason ?? submitDenied}
        onClick={() => void navigate({ to: '/w/$ws/jobs/new', params: { ws: ws.name }, search: { compute: c.name } })}
      >
        {t('details.submitJob')}
      </ActionButton>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <MenuButton icon={<MoreHorizontalRegular />} aria-label={t('action.moreFor', { name: c.name })} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {more.map((m) =>
              m.denied ? (
                <Tooltip key={m.label} content={m.denied} relationship="description">
                  <MenuItem icon={m.icon} disabled>
                    {m.label}
                  </MenuItem>
                </Tooltip>
              ) : (
                <MenuItem key={m.label} icon={m.icon} onClick={m.act}>
                  {m.label}
                </MenuItem>
              ),
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {actions.dialog}
    </>
  )
}
