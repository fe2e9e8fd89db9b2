import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover } from '@fluentui/react-components'
import { CopyRegular, DocumentCopyRegular, OpenRegular } from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { useText } from '~/i18n/text.tsx'
import type { ComputeActions, Verb } from '~/modules/computeActions.tsx'
import { isAttached, tabOf, wizardOf } from '~/modules/computeKinds.ts'
import { showCommand } from '~/modules/specs/shell.ts'
import { useToasts } from '~/modules/toast.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { iconOf } from './icons.tsx'
import type { Row } from './rows.ts'

export type MenuAt = { row: Row; button: HTMLElement }

/** The menu of a row. There is one for the whole list, so that rows stay light. */
export function RowMenu({ at, actions, close }: { at: MenuAt; actions: ComputeActions; close: () => void }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const say = useToasts()
  const createDenied = useDenied('computes/write')
  const { c } = at.row
  const end = () => {
    close()
    at.button.focus()
  }
  const verbs: Verb[] = tabOf(c) === 'instances' ? ['start', 'stop', 'restart'] : []
  const copy = async () => {
    const line = showCommand(ws, c.name)
    await navigator.clipboard.writeText(line)
    say.done(t('action.copied'), line)
  }
  const item = (verb: Verb) => {
    const denied = actions.denied(verb, [c])
    return (
      <MenuItem
        key={verb}
        icon={iconOf[verb]}
        disabled={denied !== undefined}
        subText={denied}
        onClick={() => actions.run(verb, [c])}
      >
        {t(`action.${verb}`)}
      </MenuItem>
    )
  }
  return (
    <Menu
      open
      onOpenChange={(_, d) => !d.open && end()}
      positioning={{ target: at.button, position: 'below', align: 'end' }}
    >
      <MenuPopover>
        <MenuList aria-label={t('action.moreFor', { name: c.name })}>
          <MenuItem
            icon={<OpenRegular />}
            onClick={() =>
              void navigate({
                to: '/w/$ws/compute/$tab/$name/$view',
                params: { ws: ws.name, tab: tabOf(c), name: c.name, view: 'overview' },
              })
            }
          >
            {t('compute.open')}
          </MenuItem>
          {verbs.map(item)}
          <MenuItem
            icon={<DocumentCopyRegular />}
            disabled={createDenied !== undefined}
            subText={createDenied}
            onClick={() =>
              void navigate({
                to: '/w/$ws/compute/new/$kind',
                params: { ws: ws.name, kind: wizardOf(c) },
                search: { from: c.name },
              })
            }
          >
            {t('action.duplicate')}
          </MenuItem>
          <MenuItem icon={<CopyRegular />} onClick={() => void copy()}>
            {t('action.copyCli')}
          </MenuItem>
          <MenuDivider />
          {item(isAttached(c) ? 'detach' : 'delete')}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
