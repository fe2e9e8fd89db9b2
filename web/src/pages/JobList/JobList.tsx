import { useNavigate } from '@tanstack/react-router'
import { ActionButton } from '~/components/ActionButton.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { JobMenu } from '~/modules/JobMenu.tsx'
import { JobTable } from '~/modules/JobTable.tsx'
import { useJobActions } from '~/modules/jobActions.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'

/** All jobs of the workspace. */
export function JobList() {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const actions = useJobActions()
  const create = (
    <ActionButton
      appearance="primary"
      denied={useDenied('jobs/write')}
      onClick={() => void navigate({ to: '/w/$ws/jobs/new', params: { ws: ws.name } })}
    >
      {t('jobs.new')}
    </ActionButton>
  )
  return (
    <>
      <PageHeader title={t('jobs.title')} actions={create} />
      <JobTable action={create} menu={(j) => <JobMenu job={j} actions={actions} />} />
      {actions.dialog}
    </>
  )
}
