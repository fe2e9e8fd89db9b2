import { makeStyles, tokens } from '@fluentui/react-components'
import {
  ClipboardPasteRegular,
  ClipboardTaskListLtrRegular,
  DesktopRegular,
  PlugConnectedRegular,
  ServerMultipleRegular,
} from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { ActionButton } from '~/components/ActionButton.tsx'
import { Panel } from '~/components/Panel.tsx'
import { useText } from '~/i18n/text.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'

const useStyles = makeStyles({
  root: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})

/** Where to begin. */
export function StartSomething() {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const noCompute = useDenied('computes/write')
  const noJob = useDenied('jobs/write')
  const compute = (kind: string) => void navigate({ to: '/w/$ws/compute/new/$kind', params: { ws: ws.name, kind } })
  const job = (mode?: string) => void navigate({ to: '/w/$ws/jobs/new', params: { ws: ws.name }, search: { mode } })
  return (
    <Panel title={t('home.start')}>
      <div className={styles.root}>
        <ActionButton icon={<ServerMultipleRegular />} denied={noCompute} onClick={() => compute('cluster')}>
          {t('home.start.cluster')}
        </ActionButton>
        <ActionButton icon={<DesktopRegular />} denied={noCompute} onClick={() => compute('instance')}>
          {t('home.start.instance')}
        </ActionButton>
        <ActionButton icon={<ClipboardTaskListLtrRegular />} denied={noJob} onClick={() => job()}>
          {t('home.start.job')}
        </ActionButton>
        <ActionButton icon={<PlugConnectedRegular />} denied={noCompute} onClick={() => compute('attach')}>
          {t('home.start.attach')}
        </ActionButton>
        <ActionButton icon={<ClipboardPasteRegular />} denied={noJob} onClick={() => job('yaml')}>
          {t('home.start.yaml')}
        </ActionButton>
      </div>
    </Panel>
  )
}
