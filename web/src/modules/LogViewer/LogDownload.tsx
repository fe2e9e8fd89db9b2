import { Button, Menu, MenuItem, MenuItemLink, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components'
import { ArrowDownloadRegular, CodeRegular } from '@fluentui/react-icons'
import { logAddress } from '~/api/queries/job.ts'
import type { LogInfo } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { command, quote, workspaceFlags } from '../specs/shell.ts'
import { useWorkspace } from '../workspace.tsx'

const fileOf = (path: string): string => path.split('/').at(-1) ?? path

/** The logs as files, and the command line that prints them. */
export function LogDownload({ job, logs }: { job: string; logs: LogInfo[] }) {
  const t = useText()
  const ws = useWorkspace()
  const line = (l: LogInfo) =>
    command([
      `atelier job logs ${quote(job)}`,
      `--file ${quote(l.name)}`,
      `--attempt ${l.attempt}`,
      ...(l.rank > 0 ? [`--rank ${l.rank}`] : []),
      ...workspaceFlags({ ws }),
    ])
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ArrowDownloadRegular />}>{t('log.download')}</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {logs.map((l) => (
            <MenuItemLink
              key={l.rank}
              href={logAddress(ws, job, l, {})}
              download={logs.length > 1 ? `${job}-r${l.rank}-${fileOf(l.name)}` : `${job}-${fileOf(l.name)}`}
              icon={<ArrowDownloadRegular />}
            >
              {logs.length > 1
                ? t('log.download.rank', { name: fileOf(l.name), rank: l.rank })
                : t('log.download.file', { name: fileOf(l.name) })}
            </MenuItemLink>
          ))}
          <MenuItem
            icon={<CodeRegular />}
            onClick={() => void navigator.clipboard.writeText(logs.map(line).join('\n'))}
          >
            {t('log.download.cli')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
