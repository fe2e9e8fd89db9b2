import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { MoreHorizontalRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useMemo, useState } from 'react'
import { activeJobs } from '~/api/queries/job.ts'
import { access } from '~/api/queries/session.ts'
import type { Compute } from '~/api/types.ts'
import { CopyButton } from '~/components/CopyButton.tsx'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Empty } from '~/components/Notice.tsx'
import { readSort, type TableSearch, writeSort } from '~/components/tableSearch.ts'
import { useTyped } from '~/components/typed.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useComputeActions } from '~/modules/computeActions.tsx'
import type { ComputeTab } from '~/modules/computeKinds.ts'
import { totalOf, usePrices } from '~/modules/computePrices.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { Below, hasBelow } from './Below.tsx'
import { columnsOf, useColumns } from './columns.tsx'
import { listCommand } from './commands.ts'
import { DeletedComputes } from './DeletedComputes.tsx'
import { FilterBar } from './FilterBar.tsx'
import type { MenuAt } from './RowMenu.tsx'
import { fieldsOf, jobsByCompute, matching, type Row, rowOf } from './rows.ts'
import { Toolbar } from './Toolbar.tsx'

// What opens only when it is asked for is not loaded before the list shows.
const RowMenu = lazy(() => import('./RowMenu.tsx').then((m) => ({ default: m.RowMenu })))

const useStyles = makeStyles({
  bars: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalS,
  },
  foot: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    paddingBlock: tokens.spacingVerticalM,
    color: tokens.colorNeutralForeground2,
  },
  command: {
    marginInlineStart: 'auto',
    display: 'inline-flex',
    alignItems: 'center',
    fontFamily: tokens.fontFamilyMonospace,
  },
})

type Change = (next: TableSearch, how?: { push: boolean }) => void

/** The computes of one tab: found, sorted, chosen and acted on. What is shown is in the address. */
export function ComputeTable(props: {
  tab: ComputeTab
  computes: Compute[]
  create: () => void
  createDenied: string | undefined
}) {
  const { tab } = props
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  const actions = useComputeActions()
  const navigate = useNavigate()
  const search = useSearch({ strict: false }) as TableSearch
  const change: Change = (next, how) =>
    void navigate({ to: '.', search: ((was: object) => ({ ...was, ...next })) as never, replace: !how?.push })
  const [typed, type] = useTyped(search.q ?? '', (v) => change({ q: v || undefined }))
  const me = useQuery(access(ws)).data?.name
  const jobs = useQuery(activeJobs(ws)).data
  const prices = usePrices(props.computes)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [menu, setMenu] = useState<MenuAt>()

  const wordOf = (field: keyof Row & string, value: string) =>
    field === 'state' || field === 'type' ? t(`${field}.${value}` as MessageId) : value
  const rows = useMemo(() => {
    const counts = jobs && jobsByCompute(jobs)
    return props.computes.map((c) => rowOf(c, counts, prices))
  }, [props.computes, jobs, prices])
  const shown = matching(rows, { ...search, q: typed }, me, (field, r) => wordOf(field, String(r[field])))
  const selected = shown.filter((r) => chosen.has(r.name))

  const columns = useColumns(tab, prices)
  const { usual } = columnsOf[tab]
  const ids = search.cols ?? usual
  const visible: Column<Row>[] = columns.filter((c) => c.main || ids.includes(c.id))
  visible.push({
    id: 'menu',
    header: '',
    align: 'end',
    card: true,
    sticky: true,
    cell: (row) => (
      <Button
        size="small"
        appearance="subtle"
        icon={<MoreHorizontalRegular />}
        aria-label={t('action.moreFor', { name: row.name })}
        aria-haspopup="menu"
        aria-expanded={menu?.row.name === row.name}
        onClick={(e) => setMenu({ row, button: e.currentTarget })}
      />
    ),
  })
  const narrowed = Boolean(typed || search.f || search.mine)
  const clear = () => {
    type('')
    change({ q: undefined, f: undefined, mine: undefined }, { push: true })
  }
  const total = totalOf(shown.map((r) => r.price))
  const priced = shown.some((r) => typeof r.price === 'number')
  return (
    <>
      <div className={styles.bars}>
        <Toolbar
          tab={tab}
          create={props.create}
          createDenied={props.createDenied}
          actions={actions}
          selected={selected.map((r) => r.c)}
          done={() => setChosen(new Set())}
        />
        <FilterBar
          search={search}
          typed={typed}
          type={type}
          change={change}
          rows={rows}
          fields={fieldsOf[tab]}
          wordOf={wordOf}
          columns={columns.filter((c) => !c.main)}
          usual={usual}
        />
      </div>
      {shown.length === 0 ? (
        <Empty
          title={search.mine && !typed && !search.f ? t('view.empty.mine') : t('view.empty.match')}
          action={narrowed ? <Button onClick={clear}>{t('action.clearFilters')}</Button> : undefined}
        />
      ) : (
        <DataTable
          label={t(`compute.tab.${tab}`)}
          columns={visible}
          rows={shown}
          rowKey={(r) => r.name}
          rowName={(r) => r.name}
          sort={readSort(search.sort, { id: 'name', descending: false })}
          onSort={(s) => change({ sort: writeSort(s) }, { push: true })}
          selected={chosen}
          onSelect={setChosen}
          below={(r) => (hasBelow(r.c) ? <Below compute={r.c} /> : undefined)}
          compare={format.compare}
        />
      )}
      <div className={styles.foot}>
        <span role="status">
          {narrowed
            ? t('compute.countOf', { n: shown.length, all: rows.length })
            : t('compute.count', { n: rows.length })}
          {priced && ` · ${t('money.perHour', { amount: format.money(total) })}`}
        </span>
        <span className={styles.command}>
          <CopyButton text={listCommand(ws)} label={`${t('action.copyCli')}: ${listCommand(ws)}`}>
            <span lang="en">{listCommand(ws)}</span>
          </CopyButton>
        </span>
      </div>
      <DeletedComputes />
      <Suspense>{menu && <RowMenu at={menu} actions={actions} close={() => setMenu(undefined)} />}</Suspense>
      {actions.dialog}
    </>
  )
}
