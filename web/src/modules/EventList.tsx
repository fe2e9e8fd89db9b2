import { Button, makeStyles, SearchBox, Switch, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { memo, useMemo, useState } from 'react'
import { useIntl } from 'react-intl'
import { type EventFilter, events } from '~/api/queries/job.ts'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Empty, Loading } from '~/components/Notice.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useTyped } from '~/components/typed.ts'
import { useText } from '~/i18n/text.tsx'
import { When } from './Ago.tsx'
import { type EventLine, type EventPart, eventLines, isSystem } from './eventText.ts'
import { Failure } from './Failure.tsx'
import { useWorkspace } from './workspace.tsx'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalS,
  },
  search: { minWidth: 0, width: '320px', maxWidth: '100%' },
  what: { display: 'flex', flexDirection: 'column' },
  message: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  time: { whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  more: { marginTop: tokens.spacingVerticalM },
})

/**
 * What happened to something and to all below it, newest first; without a target, in the whole workspace. The text
 * filter is q of the address. Clear undoes what the page narrows it to, if it does.
 */
export function EventList({ target, clear, ...filter }: EventFilter & { clear?: (() => void) | undefined }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { messages } = useIntl()
  const [all, setAll] = useState(false)
  const { q = '' } = useSearch({ strict: false }) as { q?: string }
  const navigate = useNavigate()
  const find = (text: string) =>
    void navigate({
      to: '.',
      search: (s: Record<string, unknown>) => ({ ...s, q: text || undefined }),
      replace: true,
    } as never)
  const [typed, type] = useTyped(q, find)
  const query = useInfiniteQuery(events(ws, { target, ...filter }))
  // biome-ignore lint/correctness/useExhaustiveDependencies: another language has other words
  const known = useMemo(() => new Map<string, EventLine>(), [t])
  const lines = useMemo(() => {
    const oldestFirst = (query.data?.pages ?? []).toReversed().flatMap((p) => p.value)
    return eventLines(oldestFirst, t, (id) => id in messages, known).reverse()
  }, [query.data, t, messages, known])
  const shown = lines.filter((l) => (all || !l.routine) && fits(l, typed))
  if (query.isPending) return <Loading />
  if (query.isError && lines.length === 0) return <Failure error={query.error} retry={() => void query.refetch()} />
  return (
    <>
      <div className={styles.bar}>
        <SearchBox
          className={styles.search}
          aria-label={t('event.filter')}
          placeholder={t('event.filter')}
          value={typed}
          onChange={(_, d) => type(d.value)}
        />
        <Switch label={t('event.all')} checked={all} onChange={(_, d) => setAll(d.checked)} />
      </div>
      {shown.length === 0 ? (
        <Empty
          title={q || clear ? t('view.empty.match') : t('event.none')}
          action={
            q || clear ? <Button onClick={clear ?? (() => find(''))}>{t('action.clearFilters')}</Button> : undefined
          }
        />
      ) : (
        <EventTable lines={shown} />
      )}
      {query.hasNextPage && (
        <Button
          className={styles.more}
          disabledFocusable={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('event.older')}
        </Button>
      )}
    </>
  )
}

/** Reasons whose words say all that their messages do. */
const told = new Set(['NodeReady', 'DeleteRequested', 'JobCompleted'])

const fits = ({ event, words }: EventLine, q: string): boolean =>
  !q ||
  `${words} ${event.message ?? ''} ${event.reason ?? ''} ${event.actor} ${event.target} ${event.state ?? ''}`
    .toLowerCase()
    .includes(q.toLowerCase())

// Rows that were there before are not drawn again when another comes.
const What = memo(function What({ line: { event, words } }: { line: EventLine }) {
  const styles = useStyles()
  return (
    <span className={styles.what}>
      <span>{words}</span>
      {event.message && !told.has(event.reason ?? '') && (
        <span className={styles.message} lang="en">
          {event.message}
        </span>
      )}
    </span>
  )
})

const Time = memo(function Time({ at }: { at: string }) {
  const styles = useStyles()
  return (
    <span className={styles.time}>
      <When at={at} />
    </span>
  )
})

function EventTable({ lines }: { lines: EventLine[] }) {
  const t = useText()
  const columns: Column<EventLine>[] = [
    {
      id: 'what',
      header: t('event.column.what'),
      main: true,
      cell: (line) => <What line={line} />,
    },
    {
      id: 'target',
      header: t('event.column.target'),
      card: true,
      cell: ({ part }) => <TargetLink part={part} />,
    },
    {
      id: 'who',
      header: t('event.column.who'),
      card: true,
      cell: ({ event }) => (isSystem(event.actor) ? t('event.system') : event.actor),
    },
    {
      id: 'time',
      header: t('event.column.time'),
      card: true,
      width: '220px',
      cell: ({ event }) => <Time at={event.at} />,
    },
  ]
  return (
    <DataTable
      label={t('event.table')}
      columns={columns}
      rows={lines}
      rowKey={({ event }) => String(event.seq)}
      rowName={({ words }) => words}
    />
  )
}

/** The page of what an event is about, where it has one. */
const TargetLink = memo(function TargetLink({ part }: { part: EventPart }) {
  const ws = useWorkspace()
  const at = part.compute
    ? `/w/${ws.name}/compute/clusters/${part.compute}/${part.kind === 'nodes' ? 'nodes' : 'overview'}`
    : part.job
      ? `/w/${ws.name}/jobs/${part.job}/overview`
      : undefined
  if (!at) return <>{part.path || part.name}</>
  return <TextLink to={at as '/'}>{part.path}</TextLink>
})
