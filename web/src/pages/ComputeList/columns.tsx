import { makeStyles, tokens } from '@fluentui/react-components'
import { useMemo } from 'react'
import { clusterOf } from '~/api/types.ts'
import type { Column } from '~/components/DataTable.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { type Format, type Text, useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { type ComputeTab, tabOf } from '~/modules/computeKinds.ts'
import { NodesBar } from '~/modules/computeNodesBar.tsx'
import type { Price, Prices } from '~/modules/computePrices.ts'
import { ComputeState } from '~/modules/computeState.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import type { Row } from './rows.ts'

type Shown = { usual: string[]; more: string[] }

/** The columns of each tab, in their order: those that show unless the address says otherwise, and the others. */
export const columnsOf: Record<ComputeTab, Shown> = {
  instances: { usual: ['state', 'apps', 'size', 'jobs', 'price', 'owner', 'created'], more: ['location', 'tags'] },
  clusters: {
    usual: ['state', 'size', 'nodes', 'jobs', 'price', 'owner', 'created'],
    more: ['location', 'priority', 'tags'],
  },
  inference: {
    usual: ['state', 'size', 'agents', 'purpose', 'location', 'owner', 'created'],
    more: ['address', 'tags'],
  },
  attached: { usual: ['state', 'type', 'address', 'jobs', 'owner', 'created'], more: ['location', 'tags'] },
  kubernetes: { usual: ['state', 'address', 'namespace', 'jobs', 'owner', 'created'], more: ['location', 'tags'] },
}

const useStyles = makeStyles({
  muted: { color: tokens.colorNeutralForeground2, whiteSpace: 'nowrap' },
  number: { fontVariantNumeric: 'tabular-nums' },
  nowrap: { whiteSpace: 'nowrap' },
  name: {
    display: 'inline-flex',
    alignItems: 'center',
    minHeight: '24px',
    fontWeight: tokens.fontWeightSemibold,
    minWidth: '72px',
  },
  size: { whiteSpace: 'nowrap', display: 'flex', flexDirection: 'column' },
  facts: {
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground2,
  },
})

export function priceText(t: Text, format: Format, price: Price): string {
  if (price === 'own') return t('money.free')
  return price === undefined ? '–' : format.money(price)
}

const inner = (r: Row): Record<string, unknown> => (r.c.properties.properties ?? {}) as Record<string, unknown>
const word = (v: unknown): string => (v === null || v === undefined || v === '' ? '–' : String(v))

/** The columns of a tab: all of them, so that they can be chosen from. */
export function useColumns(tab: ComputeTab, prices: Prices): Column<Row>[] {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  return useMemo(() => {
    const all: Record<string, Omit<Column<Row>, 'id' | 'header'>> = {
      state: {
        card: true,
        sort: (r) => r.state,
        cell: (r) => <ComputeState compute={r.c} />,
      },
      apps: {
        cell: (r) => <Apps row={r} />,
      },
      size: { card: true, sort: (r) => r.size, cell: (r) => <Size row={r} prices={prices} /> },
      nodes: {
        card: true,
        sort: (r) => clusterOf(r.c)?.currentNodeCount ?? 0,
        cell: (r) => {
          const cluster = clusterOf(r.c)
          return cluster && <NodesBar cluster={cluster} />
        },
      },
      jobs: {
        align: 'end',
        sort: (r) => r.jobs ?? 0,
        cell: (r) =>
          r.jobs ? (
            <TextLink
              to="/w/$ws/compute/$tab/$name/$view"
              params={{ ws: ws.name, tab: tabOf(r.c), name: r.name, view: 'jobs' }}
              aria-label={t(r.moreJobs ? 'compute.moreJobsOf' : 'compute.jobsOf', { n: r.jobs, name: r.name })}
            >
              {r.moreJobs ? t('count.atLeast', { n: r.jobs }) : format.number(r.jobs)}
            </TextLink>
          ) : (
            <span className={styles.number}>{r.jobs ?? '–'}</span>
          ),
      },
      price: {
        align: 'end',
        sort: (r) => (typeof r.price === 'number' ? r.price : -1),
        cell: (r) => <span className={styles.nowrap}>{priceText(t, format, r.price)}</span>,
      },
      owner: { sort: (r) => r.owner, cell: (r) => word(r.owner) },
      created: { card: tab !== 'clusters', sort: (r) => r.created, cell: (r) => <Age at={r.created} /> },
      location: { sort: (r) => r.location, cell: (r) => word(r.location) },
      priority: {
        sort: (r) => clusterOf(r.c)?.vmPriority ?? '',
        cell: (r) =>
          clusterOf(r.c)?.vmPriority === 'LowPriority' ? t('priority.LowPriority') : t('priority.Dedicated'),
      },
      tags: {
        cell: (r) =>
          Object.entries(r.c.tags ?? {})
            .map(([k, v]) => (v ? `${k}=${v}` : k))
            .join(', ') || '–',
      },
      agents: { align: 'end', sort: (r) => Number(inner(r).agentCount ?? 0), cell: (r) => word(inner(r).agentCount) },
      purpose: {
        card: true,
        sort: (r) => word(inner(r).clusterPurpose),
        cell: (r) => purpose(t, inner(r).clusterPurpose),
      },
      type: { card: true, sort: (r) => r.type, cell: (r) => t(`type.${r.c.properties.computeType}`) },
      address: { card: true, sort: (r) => r.address, cell: (r) => <span lang="en">{word(r.address)}</span> },
      namespace: { sort: (r) => word(inner(r).namespace), cell: (r) => word(inner(r).namespace) },
    }
    const { usual, more } = columnsOf[tab]
    const name: Column<Row> = {
      id: 'name',
      header: t('compute.column.name'),
      main: true,
      sort: (r) => r.name,
      cell: (r) => (
        <TextLink
          to="/w/$ws/compute/$tab/$name/$view"
          params={{ ws: ws.name, tab: tabOf(r.c), name: r.name, view: 'overview' }}
          className={styles.name}
        >
          {r.name}
        </TextLink>
      ),
    }
    const rest = [...usual, ...more].map((id) => ({
      ...(all[id] as Omit<Column<Row>, 'id' | 'header'>),
      id,
      header: t(`compute.column.${id}` as MessageId),
    }))
    return [name, ...rest]
  }, [t, format, styles, ws, tab, prices])
}

function purpose(t: Text, value: unknown): string {
  if (value === 'FastProd') return t('compute.purpose.production')
  if (value === 'DevTest') return t('compute.purpose.devTest')
  return value === 'DenseProd' ? t('compute.purpose.dense') : word(value)
}

function Age({ at }: { at: string }) {
  const styles = useStyles()
  return (
    <span className={styles.nowrap}>
      <Ago at={at} />
    </span>
  )
}

/** The size's name, and what is in a machine of it. */
function Size({ row, prices }: { row: Row; prices: Prices }) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const s = prices.size(row.c)
  if (!row.size) return <>–</>
  return (
    <span className={styles.size}>
      <span>{row.size}</span>
      {s && (
        <span className={styles.facts}>
          {t(s.gpus > 0 ? 'compute.size.gpu' : 'compute.size.cpu', {
            cores: s.vCPUs,
            memory: format.number(s.memoryGB),
            gpus: s.gpus,
            model: s.gpuModel ?? 'GPU',
          })}
        </span>
      )}
    </span>
  )
}

/** Where an instance's applications are, if it has any. */
function Apps({ row }: { row: Row }) {
  const t = useText()
  const styles = useStyles()
  const apps = (inner(row).applications ?? []) as { displayName: string; endpointUri: string }[]
  if (apps.length === 0) return <span className={styles.muted}>{t('compute.apps.none')}</span>
  return (
    <>
      {apps.map((a, i) => (
        <span key={a.displayName}>
          {i > 0 && ' · '}
          <a href={a.endpointUri} target="_blank" rel="noreferrer">
            {a.displayName}
          </a>
        </span>
      ))}
    </>
  )
}
