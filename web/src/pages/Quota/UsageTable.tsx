import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { readSort, writeSort } from '~/components/tableSearch.ts'
import { type Format, useFormat, useText } from '~/i18n/text.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { type Family, nameOfFamily } from './holdings.ts'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    width: '220px',
    maxWidth: '100%',
    height: '14px',
    borderRadius: tokens.borderRadiusSmall,
    overflow: 'hidden',
    backgroundColor: tokens.colorNeutralBackground5,
    outline: `1px solid ${tokens.colorNeutralStrokeAccessible}`,
  },
  part: { height: '100%', flexShrink: 0 },
  active: { backgroundColor: tokens.colorBrandBackground },
  // Not told apart by colour alone: stopped ones are striped, and those without a node dotted.
  stopped: {
    backgroundImage: `repeating-linear-gradient(45deg, ${tokens.colorNeutralForeground3} 0 3px, transparent 3px 6px)`,
  },
  reserved: {
    backgroundImage: `radial-gradient(${tokens.colorNeutralForeground3} 1px, transparent 1px)`,
    backgroundSize: '4px 4px',
  },
  legend: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalL,
    marginBottom: tokens.spacingVerticalS,
    fontSize: tokens.fontSizeBase200,
  },
  key: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  swatch: { width: '18px', height: '12px', outline: `1px solid ${tokens.colorNeutralStrokeAccessible}` },
  holders: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalXXL,
  },
  link: { color: tokens.colorBrandForegroundLink },
})

const parts = ['active', 'stopped', 'reserved'] as const
const held = (f: Family) => f.active + f.stopped + f.reserved

export function UsageTable({ families }: { families: Family[] }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const search = useSearch({ from: '/w/$ws/quota' })
  const navigate = useNavigate()
  const columns: Column<Family>[] = [
    {
      id: 'family',
      header: t('quota.family'),
      main: true,
      sort: (f) => f.name,
      cell: (f) => nameOfFamily(t, f),
    },
    {
      id: 'use',
      header: t('quota.utilization'),
      card: true,
      sort: (f) => share(f),
      cell: (f) => <UsageBar family={f} format={format} />,
    },
    {
      id: 'held',
      header: t('quota.used'),
      card: true,
      cardLabel: true,
      align: 'end',
      sort: held,
      cell: (f) => format.number(held(f)),
    },
    {
      id: 'active',
      header: t('quota.active'),
      align: 'end',
      sort: (f) => f.active,
      cell: (f) => format.number(f.active),
    },
    {
      id: 'stopped',
      header: t('quota.stopped'),
      align: 'end',
      sort: (f) => f.stopped,
      cell: (f) => format.number(f.stopped),
    },
    {
      id: 'reserved',
      header: t('quota.reserved'),
      align: 'end',
      sort: (f) => f.reserved,
      cell: (f) => format.number(f.reserved),
    },
    {
      id: 'limit',
      header: t('quota.limit'),
      card: true,
      cardLabel: true,
      align: 'end',
      sort: (f) => (f.limit < 0 ? Number.MAX_SAFE_INTEGER : f.limit),
      cell: (f) => (f.limit < 0 ? t('quota.limit.none') : format.number(f.limit)),
    },
  ]
  return (
    <>
      <div className={styles.legend}>
        {parts.map((p) => (
          <span key={p} className={styles.key}>
            <span className={mergeClasses(styles.swatch, styles[p])} aria-hidden="true" />
            {t(`quota.${p}`)}
          </span>
        ))}
      </div>
      <DataTable
        label={t('quota.title')}
        columns={columns}
        rows={families}
        rowKey={(f) => f.name}
        rowName={(f) => f.name}
        sort={readSort(search.sort, { id: 'held', descending: true })}
        onSort={(sort) => void navigate({ to: '.', search: { ...search, sort: writeSort(sort) } as never })}
        compare={format.compare}
        below={(f) => f.holders.length > 0 && <Holders family={f} />}
      />
    </>
  )
}

const share = (f: Family) => (f.limit > 0 ? held(f) / f.limit : held(f) > 0 ? 1 : 0)

function UsageBar({ family, format }: { family: Family; format: Format }) {
  const styles = useStyles()
  const t = useText()
  const whole = Math.max(family.limit, held(family), 1)
  const words = parts.map((p) => `${t(`quota.${p}`)} ${format.number(family[p])}`).join(', ')
  return (
    <div
      className={styles.bar}
      role="img"
      aria-label={`${words}; ${t('quota.limit')} ${family.limit < 0 ? t('quota.limit.none') : format.number(family.limit)}`}
    >
      {parts.map((p) => (
        <span
          key={p}
          className={mergeClasses(styles.part, styles[p])}
          style={{ width: `${(100 * family[p]) / whole}%` }}
        />
      ))}
    </div>
  )
}

function Holders({ family }: { family: Family }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const format = useFormat()
  return (
    <ul className={styles.holders} aria-label={t('quota.holders')}>
      {family.holders.map((h) => (
        <li key={h.name}>
          <Link
            to="/w/$ws/compute/$tab/$name"
            params={{ ws: ws.name, tab: h.kind, name: h.name }}
            className={styles.link}
          >
            {t(h.stopped ? 'quota.holder.stopped' : 'quota.holder', { name: h.name, cores: format.number(h.cores) })}
          </Link>
        </li>
      ))}
    </ul>
  )
}
