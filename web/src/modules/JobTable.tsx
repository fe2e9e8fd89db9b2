import { Button, Caption1, makeStyles, tokens } from '@fluentui/react-components'
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { keys } from '~/api/keys.ts'
import { useEvents } from '~/api/live.ts'
import { jobs } from '~/api/queries/job.ts'
import { access } from '~/api/queries/session.ts'
import type { AtelierEvent, Job } from '~/api/types.ts'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Empty, Loading } from '~/components/Notice.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { readSort, writeSort } from '~/components/tableSearch.ts'
import { type Format, type Text, useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from './Ago.tsx'
import { useClock } from './clock.ts'
import { Failure } from './Failure.tsx'
import { JobReason } from './JobReason.tsx'
import { computeOf, durationOf } from './jobFacts.ts'
import { ColumnChoice, filterOf, JobFilters, useTableSearch } from './jobFilters.tsx'
import { StateBadge } from './StateBadge.tsx'
import { command, workspaceFlags } from './specs/shell.ts'
import { useWorkspace } from './workspace.tsx'

const usual = ['status', 'compute', 'experiment', 'submitter', 'created', 'duration', 'priority']

const useStyles = makeStyles({
  name: { display: 'flex', flexDirection: 'column', minWidth: 0, overflowWrap: 'anywhere' },
  foot: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    paddingBlock: tokens.spacingVerticalM,
    color: tokens.colorNeutralForeground2,
  },
})

/** Why jobs wait depends on their computes: what happens to those makes the list old, too, while there is one that waits. */
function useWaiting(rows: Job[]): void {
  const client = useQueryClient()
  const waits = rows.some((j) => j.properties.status === 'Queued')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const hear = useCallback(
    (events: AtelierEvent[]) => {
      if (!waits || timer.current || !events.some((e) => e.target.includes('/computes/'))) return
      timer.current = setTimeout(() => {
        timer.current = undefined
        void client.invalidateQueries({ queryKey: keys.jobs() })
      }, 500)
    },
    [client, waits],
  )
  useEvents(hear)
  useEffect(() => () => clearTimeout(timer.current), [])
}

/** A further page. Events make the list old all the time, and reading it again ends what is being read: then it is asked for again. */
function useMore(query: {
  data?: { pages: unknown[] }
  hasNextPage: boolean
  isFetching: boolean
  fetchNextPage: () => unknown
}) {
  const pages = query.data?.pages.length ?? 0
  const [wanted, setWanted] = useState(0)
  const { hasNextPage, isFetching, fetchNextPage } = query
  const busy = wanted > pages && hasNextPage
  useEffect(() => {
    if (busy && !isFetching) void fetchNextPage()
  }, [busy, isFetching, fetchNextPage])
  return { busy, ask: () => setWanted(pages + 1) }
}

/** How long a job took or takes by now; it is drawn again only when its words change. */
function Duration({ job }: { job: Job }) {
  const format = useFormat()
  return useClock((now) => {
    const d = durationOf(job, now)
    return d === undefined ? '–' : format.duration(d)
  })
}

type Look = { t: Text; format: Format; ws: string; name: string }

function columnsOf({ t, format, ws, name }: Look): Column<Job>[] {
  return [
    {
      id: 'name',
      header: t('jobs.name'),
      main: true,
      sort: (j) => j.properties.displayName || j.name,
      cell: (j) => (
        <span className={name}>
          <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws, name: j.name, view: 'overview' }}>
            {j.properties.displayName || j.name}
          </TextLink>
          {j.properties.displayName && j.properties.displayName !== j.name && <Caption1>{j.name}</Caption1>}
        </span>
      ),
    },
    {
      id: 'status',
      header: t('jobs.status'),
      card: true,
      sort: (j) => j.properties.status,
      cell: (j) => <StateBadge state={j.properties.status} />,
    },
    {
      id: 'compute',
      header: t('jobs.compute'),
      card: true,
      sort: computeOf,
      cell: (j) => computeOf(j) || '–',
    },
    {
      id: 'experiment',
      header: t('jobs.experiment'),
      sort: (j) => j.properties.experimentName,
      cell: (j) => j.properties.experimentName,
    },
    {
      id: 'submitter',
      header: t('jobs.submitter'),
      sort: (j) => j.systemData?.createdBy ?? '',
      cell: (j) => j.systemData?.createdBy ?? '–',
    },
    {
      id: 'created',
      header: t('jobs.created'),
      card: true,
      sort: (j) => j.systemData?.createdAt ?? '',
      cell: (j) => <Ago at={j.systemData?.createdAt} />,
    },
    {
      id: 'duration',
      header: t('jobs.duration'),
      align: 'end',
      sort: (j) => durationOf(j, Date.now()) ?? -1,
      cell: (j) => <Duration job={j} />,
    },
    {
      id: 'priority',
      header: t('jobs.priority'),
      align: 'end',
      sort: (j) => j.properties.priority ?? 0,
      cell: (j) => format.number(j.properties.priority ?? 0),
    },
    {
      id: 'nodes',
      header: t('jobs.nodes'),
      align: 'end',
      sort: (j) => j.properties.resources?.instanceCount ?? 1,
      cell: (j) => format.number(j.properties.resources?.instanceCount ?? 1),
    },
    {
      id: 'tags',
      header: t('jobs.tags'),
      cell: (j) =>
        Object.entries(j.properties.tags ?? {})
          .map(([k, v]) => (v ? `${k}=${v}` : k))
          .join(', '),
    },
  ]
}

type Props = {
  /** Only the jobs of this compute. */
  compute?: string
  /** A menu at the end of a row. */
  menu?: (job: Job) => ReactNode
  selected?: ReadonlySet<string>
  onSelect?: (selected: Set<string>) => void
  /** What there is to do where there are no jobs at all. */
  action?: ReactNode
  /** What is said where there are none, and could be none. */
  empty?: ReactNode
}

/** Jobs, newest first, page by page: what they are, how they are and why; narrowed and sorted as the address says. */
export function JobTable(props: Props) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  const [search, change] = useTableSearch()
  const me = useQuery(access(ws)).data?.name
  const filter = filterOf(search, props.compute, me)
  const query = useInfiniteQuery({
    ...jobs(ws, filter),
    placeholderData: keepPreviousData,
    enabled: !search.mine || me !== undefined,
  })
  const rows = useMemo(() => query.data?.pages.flatMap((p) => p.value) ?? [], [query.data])
  useWaiting(rows)
  const more = useMore(query)
  const columns = useMemo(
    () => columnsOf({ t, format, ws: ws.name, name: styles.name }),
    [t, format, ws.name, styles.name],
  )
  const shown = search.cols ?? usual
  const visible = columns.filter((c) => c.main || shown.includes(c.id))
  if (props.menu) visible.push({ id: 'menu', header: t('action.more'), align: 'end', card: true, cell: props.menu })
  const sort = readSort(search.sort, { id: 'created', descending: true })
  const narrowed = Boolean(search.q || search.f || search.mine)
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />
  if (query.isPending) return <Loading rows={8} />
  if (rows.length === 0 && !narrowed && !query.isPlaceholderData) {
    if (props.empty) return props.empty
    return (
      <Empty
        title={props.compute ? t('jobs.empty.compute', { name: props.compute }) : t('jobs.empty')}
        action={props.action}
        cli={command([
          `atelier job run --compute ${props.compute ?? 'NAME'}`,
          ...workspaceFlags({ ws }),
          '-- echo hello',
        ])}
        cliLabel={t('jobs.cli')}
        copyLabel={t('action.copyCli')}
      >
        {t('jobs.empty.help')}
      </Empty>
    )
  }
  const experiments = [...new Set(rows.map((j) => j.properties.experimentName).filter(Boolean))].sort(format.compare)
  return (
    <>
      <JobFilters
        compute={props.compute}
        experiments={experiments}
        columns={
          <ColumnChoice
            columns={columns.map((c) => ({ id: c.id, header: c.header, fixed: c.main ?? false }))}
            shown={shown}
            usual={usual}
          />
        }
      />
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {rows.length === 0 ? (
        <Empty
          title={narrowed && search.mine && !search.q && !search.f ? t('view.empty.mine') : t('view.empty.match')}
          action={
            <Button onClick={() => change({ q: undefined, f: undefined, mine: undefined })}>
              {t('action.clearFilters')}
            </Button>
          }
        />
      ) : (
        <DataTable
          label={t('jobs.list')}
          columns={visible}
          rows={rows}
          rowKey={(j) => j.name}
          rowName={(j) => j.properties.displayName || j.name}
          sort={sort}
          onSort={(s) => change({ sort: writeSort(s) })}
          compare={format.compare}
          below={(j) => <JobReason job={j} />}
          {...(props.onSelect ? { selected: props.selected ?? new Set<string>(), onSelect: props.onSelect } : {})}
        />
      )}
      <div className={styles.foot}>
        <span role="status">
          {query.hasNextPage ? t('jobs.loadedMore', { n: rows.length }) : t('jobs.loaded', { n: rows.length })}
          {query.hasNextPage && search.sort && ` ${t('jobs.sortedWithin')}`}
        </span>
        {query.hasNextPage && (
          <Button disabledFocusable={more.busy} onClick={more.ask}>
            {t('table.more')}
          </Button>
        )}
      </div>
    </>
  )
}
