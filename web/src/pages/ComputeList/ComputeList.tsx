import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { computes } from '~/api/queries/compute.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { Empty, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { useText } from '~/i18n/text.tsx'
import { type ComputeTab, computeTabs, newOf, tabOf } from '~/modules/computeKinds.ts'
import { Failure } from '~/modules/Failure.tsx'
import { useKey } from '~/modules/keys.ts'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { Broken } from '~/shell/Broken.tsx'
import { ComputeTable } from './ComputeTable.tsx'
import { createCommand } from './commands.ts'
import { DeletedComputes } from './DeletedComputes.tsx'
import { countByTab } from './rows.ts'

/** Manage > Compute: the computes of the workspace, a tab for each kind. */
export function ComputeList() {
  const { tab } = useParams({ strict: false }) as { tab: string }
  const known = computeTabs.find((k) => k === tab)
  return known ? <Tab key={known} tab={known} /> : <Broken kind="notFound" />
}

function Tab({ tab }: { tab: ComputeTab }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const denied = useDenied('computes/write')
  const query = useQuery(computes(ws))
  const counts = useMemo(() => query.data && countByTab(query.data), [query.data])
  const here = useMemo(() => query.data?.filter((c) => tabOf(c) === tab), [query.data, tab])
  const create = useCallback(() => {
    if (!denied) void navigate({ to: '/w/$ws/compute/new/$kind', params: { ws: ws.name, kind: newOf[tab] } })
  }, [denied, navigate, ws.name, tab])
  useKey('KeyN', create)
  return (
    <>
      <PageHeader title={t('compute.title')} />
      <RouteTabs
        label={t('compute.tabs')}
        tabs={computeTabs.map((k) => ({
          to: '/w/$ws/compute/$tab',
          params: { ws: ws.name, tab: k },
          label: t(`compute.tab.${k}`),
          count: counts?.[k],
          current: k === tab,
        }))}
      />
      {query.isError && !query.data && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.isError && query.data && <Failure error={query.error} />}
      {query.isPending && <Loading rows={8} />}
      {here?.length === 0 && (
        <>
          <Empty
            title={t(`compute.empty.${tab}`)}
            action={
              <ActionButton appearance="primary" size="large" denied={denied} onClick={create} aria-keyshortcuts="n">
                {t('action.create')}
              </ActionButton>
            }
            cli={createCommand(ws, tab)}
            cliLabel={t('compute.cli')}
            copyLabel={t('action.copyCli')}
          >
            {t(`compute.empty.${tab}.help`)}
          </Empty>
          <DeletedComputes />
        </>
      )}
      {here && here.length > 0 && <ComputeTable tab={tab} computes={here} create={create} createDenied={denied} />}
    </>
  )
}
