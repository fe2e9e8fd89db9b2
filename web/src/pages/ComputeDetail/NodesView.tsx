import { Button, makeStyles, SearchBox, ToggleButton, tokens } from '@fluentui/react-components'
import { AppsRegular, TableRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { nodes } from '~/api/queries/compute.ts'
import { type Compute, clusterOf, type NodeInfo } from '~/api/types.ts'
import { DataTable } from '~/components/DataTable.tsx'
import { Empty, Loading } from '~/components/Notice.tsx'
import { readSort, type TableSearch, writeSort } from '~/components/tableSearch.ts'
import { useTyped } from '~/components/typed.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { command, workspaceFlags } from '~/modules/specs/shell.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { GoneNodes } from './GoneNodes.tsx'
import { NodeTiles } from './NodeTiles.tsx'
import { useNodeActions } from './nodeActions.tsx'
import { NodeProblem, useNodeColumns } from './nodeColumns.tsx'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalM,
  },
  search: { width: '320px', maxWidth: '100%', minWidth: 0 },
})

const fits = (n: NodeInfo, q: string): boolean =>
  !q ||
  `${n.nodeId} ${n.nodeState} ${n.state} ${n.privateIpAddress ?? ''} ${n.runId ?? ''} ${n.problem?.code ?? ''}`
    .toLowerCase()
    .includes(q.toLowerCase())

/** The machines of a cluster: how each is, what runs on it, how to reach it, and what can be done with it. */
export function NodesView({ compute: c, gone }: { compute: Compute; gone: boolean }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const search = useSearch({ strict: false }) as TableSearch
  const query = useQuery({ ...nodes(ws, c.name), enabled: !gone })
  const actions = useNodeActions(c, gone)
  const columns = useNodeColumns(actions)
  const change = (s: TableSearch, replace = false) =>
    void navigate({ to: '.', search: (was: TableSearch) => ({ ...was, ...s }), replace } as never)
  const [typed, type] = useTyped(search.q ?? '', (q) => change({ q: q || undefined }, true))
  if (query.isPending && !gone) return <Loading />
  if (query.isError && !query.data && !gone) return <Failure error={query.error} retry={() => void query.refetch()} />
  const all = query.data ?? []
  const tiles = search.panel === 'tiles'
  const shown = all.filter((n) => fits(n, typed))
  if (all.length === 0) {
    return (
      <>
        <Empty
          title={t('details.nodes.none', { name: c.name })}
          cli={command(['atelier compute nodes', c.name, ...workspaceFlags({ ws })])}
          cliLabel={t('details.nodes.cli')}
          copyLabel={t('action.copyCli')}
        >
          {t('details.nodes.none.help', { min: clusterOf(c)?.scaleSettings.minNodeCount ?? 0 })}
        </Empty>
        <GoneNodes name={c.name} />
      </>
    )
  }
  return (
    <>
      <div className={styles.bar}>
        <SearchBox
          className={styles.search}
          aria-label={t('details.nodes.filter')}
          placeholder={t('details.nodes.filter')}
          value={typed}
          onChange={(_, d) => type(d.value)}
        />
        <ToggleButton icon={<TableRegular />} checked={!tiles} onClick={() => change({ panel: undefined })}>
          {t('details.nodes.table')}
        </ToggleButton>
        <ToggleButton icon={<AppsRegular />} checked={tiles} onClick={() => change({ panel: 'tiles' })}>
          {t('details.nodes.tiles')}
        </ToggleButton>
      </div>
      {shown.length === 0 ? (
        <Empty
          title={t('view.empty.match')}
          action={
            <Button
              onClick={() => {
                type('')
                change({ q: undefined })
              }}
            >
              {t('action.clearFilters')}
            </Button>
          }
        />
      ) : tiles ? (
        <NodeTiles nodes={shown} />
      ) : (
        <DataTable
          label={t('details.nodes.of', { name: c.name })}
          columns={columns}
          rows={shown}
          rowKey={(n) => n.nodeId}
          rowName={(n) => n.nodeId}
          sort={readSort(search.sort, { id: 'node', descending: false })}
          onSort={(s) => change({ sort: writeSort(s) })}
          compare={format.compare}
          below={(n) => (n.problem ? <NodeProblem node={n} /> : undefined)}
        />
      )}
      <GoneNodes name={c.name} />
      {actions.dialog}
    </>
  )
}
