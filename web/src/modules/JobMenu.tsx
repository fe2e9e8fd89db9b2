import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components'
import { MoreHorizontalRegular } from '@fluentui/react-icons'
import type { Job } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import type { JobActions, JobVerb } from './jobActions.tsx'

export const jobVerbs: [JobVerb, MessageId][] = [
  ['cancel', 'job.cancel'],
  ['priority', 'job.priority.change'],
  ['duplicate', 'action.duplicate'],
  ['delete', 'action.delete'],
]

/** What can be done with one job of a list. */
export function JobMenu({ job, actions }: { job: Job; actions: JobActions }) {
  const t = useText()
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          aria-label={t('action.moreFor', { name: job.properties.displayName || job.name })}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {jobVerbs.map(([verb, words]) => {
            const denied = actions.denied(verb, job)
            const item = (
              <MenuItem key={verb} disabled={Boolean(denied)} onClick={() => actions.run(verb, job)}>
                {t(words)}
              </MenuItem>
            )
            if (!denied) return item
            return (
              <Tooltip key={verb} content={denied} relationship="description">
                {item}
              </Tooltip>
            )
          })}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
