import { makeStyles, mergeClasses, shorthands, tokens } from '@fluentui/react-components'
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Fragment, type ReactNode, useRef } from 'react'
import type { SizeInfo } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { type Format, type Text, useFormat, useText } from '~/i18n/text.tsx'
import { canChoose, type SizeColumn, type SizeSort } from './sizes.ts'
import { useWorkspace } from './workspace.tsx'

const virtualFrom = 100
const rowHeight = 36
const narrow = '@media (max-width: 767px)'

const useStyles = makeStyles({
  scroll: {
    position: 'relative', // or what is hidden in its rows makes the page as high as all of them
    overflowX: 'auto',
    overflowY: 'auto',
    maxHeight: '420px',
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  table: {
    width: '100%',
    borderCollapse: 'separate',
    borderSpacing: 0,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    [narrow]: { display: 'block' },
  },
  head: {
    [narrow]: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
  },
  headCell: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    textAlign: 'start',
    whiteSpace: 'nowrap',
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  sort: {
    ...shorthands.borderWidth(0),
    backgroundColor: 'transparent',
    color: tokens.colorNeutralForeground2,
    fontFamily: 'inherit',
    fontSize: 'inherit',
    fontWeight: tokens.fontWeightSemibold,
    minHeight: '24px',
    paddingInline: 0,
    cursor: 'pointer',
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXXS,
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  body: { [narrow]: { display: 'block' } },
  row: {
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    [narrow]: {
      display: 'flex',
      flexWrap: 'wrap',
      columnGap: tokens.spacingHorizontalM,
      padding: tokens.spacingVerticalS,
      borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    },
  },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  barred: { cursor: 'default' },
  cell: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    height: '28px',
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
    whiteSpace: 'nowrap',
    [narrow]: {
      display: 'block',
      height: 'auto',
      padding: 0,
      '::before': { content: 'attr(data-label)', color: tokens.colorNeutralForeground3, marginInlineEnd: '4px' },
    },
  },
  main: { [narrow]: { flexBasis: '100%', '::before': { content: '""', marginInlineEnd: 0 } } },
  end: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
  name: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    minHeight: '24px',
    cursor: 'inherit',
  },
  radio: {
    width: '16px',
    height: '16px',
    margin: '4px',
    flexShrink: 0,
    accentColor: tokens.colorCompoundBrandBackground,
  },
  why: { color: tokens.colorNeutralForeground2, paddingBlockEnd: tokens.spacingVerticalS, whiteSpace: 'normal' },
  link: { color: tokens.colorBrandForegroundLink, marginInlineStart: tokens.spacingHorizontalS },
})

const columns: SizeColumn[] = ['name', 'vcpu', 'memory', 'gpu', 'quota', 'capacity', 'price']

type Props = {
  label: string
  labelId: string
  rows: SizeInfo[]
  group: string
  value: string
  onChange: (size: string) => void
  sort: SizeSort | undefined
  onSort: (sort: SizeSort) => void
  location: string
}

/** Sizes in rows, each a choice of one group. */
export function SizeTable({ label, rows, group, value, onChange, sort, onSort, location }: Props) {
  const t = useText()
  const styles = useStyles()
  const scroll = useRef<HTMLDivElement>(null)
  const many = rows.length > virtualFrom
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: many,
  })
  const items = many ? virtual.getVirtualItems() : undefined
  const shown = items ? items.map((i) => rows[i.index] as SizeInfo) : rows
  const above = items?.[0]?.start ?? 0
  const below = items ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0
  return (
    <div ref={scroll} className={styles.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={styles.table} aria-label={label}>
        <thead className={styles.head}>
          <tr>
            {columns.map((c) => (
              <th
                key={c}
                scope="col"
                className={mergeClasses(styles.headCell, c !== 'name' && styles.end)}
                aria-sort={sort?.column === c ? (sort.descending ? 'descending' : 'ascending') : undefined}
              >
                <button
                  type="button"
                  className={styles.sort}
                  onClick={() => onSort({ column: c, descending: sort?.column === c && !sort.descending })}
                >
                  {t(`size.column.${c}`)}
                  {sort?.column === c && (sort.descending ? <ArrowDownRegular /> : <ArrowUpRegular />)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody className={styles.body}>
          {above > 0 && <tr style={{ height: above }} />}
          {shown.map((s) => (
            <Row
              key={s.name}
              size={s}
              group={group}
              chosen={s.name === value}
              onChange={onChange}
              location={location}
            />
          ))}
          {below > 0 && <tr style={{ height: below }} />}
        </tbody>
      </table>
    </div>
  )
}

function Row(p: { size: SizeInfo; group: string; chosen: boolean; onChange: (s: string) => void; location: string }) {
  const t = useText()
  const f = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  const s = p.size
  const id = `${p.group}-${s.name}`
  const can = canChoose(s)
  return (
    <Fragment>
      <tr
        className={mergeClasses(styles.row, p.chosen && styles.chosen, !can && styles.barred)}
        title={about(t, f, s)}
        onClick={can ? () => p.onChange(s.name) : undefined}
        data-availability={s.availability}
      >
        <th scope="row" className={mergeClasses(styles.cell, styles.main)}>
          <label className={styles.name}>
            <input
              type="radio"
              className={styles.radio}
              name={p.group}
              value={s.name}
              checked={p.chosen}
              disabled={!can}
              aria-describedby={s.reason ? `${id}-about ${id}-why` : `${id}-about`}
              onChange={() => p.onChange(s.name)}
            />
            <span lang="en">{s.name}</span>
          </label>
          <span id={`${id}-about`} className="visually-hidden">
            {about(t, f, s)}
          </span>
        </th>
        {columns.slice(1).map((c) => (
          <td key={c} className={mergeClasses(styles.cell, styles.end)} data-label={t(`size.column.${c}`)}>
            {cell(t, f, s, c)}
          </td>
        ))}
      </tr>
      {s.reason && (
        <tr className={mergeClasses(styles.row, styles.barred)}>
          <td id={`${id}-why`} colSpan={columns.length} className={mergeClasses(styles.cell, styles.main, styles.why)}>
            {reasonOf(t, s)}
            {s.availability === 'NoQuota' && (
              <Link
                className={styles.link}
                to="/w/$ws/quota"
                params={{ ws: ws.name }}
                search={{ q: s.reason.params?.family ?? s.family, location: p.location, view: 'configure' }}
              >
                {t('size.quota.request')}
              </Link>
            )}
          </td>
        </tr>
      )}
    </Fragment>
  )
}

/** Why the size is not simply to be had, in the user's language where there are words for it. */
export function reasonOf(t: Text, s: SizeInfo): string {
  if (!s.reason) return ''
  const { code, params, message } = s.reason
  switch (code) {
    case 'QuotaExceeded':
    case 'NoCapacity':
      return t(`reason.${code}`, params)
    case 'LowPriorityNotOffered':
    case 'SizeNotAvailableInFull':
      return t(`size.reason.${code}`, params)
  }
  return message
}

/** The size in one line, as people say it: 4 cores, 14 GB RAM, 1 × V100. */
export function about(t: Text, f: Format, s: SizeInfo): string {
  const parts = [t('size.cores', { n: s.vCPUs }), `${f.number(s.memoryGB)} GB RAM`]
  if (s.diskGB > 0) parts.push(t('size.storage', { size: `${f.number(s.diskGB)} GB` }))
  if (s.gpus > 0) parts.push(gpus(s))
  parts.push(t(`size.category.${s.category}` as MessageId))
  return parts.join(', ')
}

const gpus = (s: SizeInfo) => (s.gpus > 0 ? `${s.gpus} × ${s.gpuModel ?? 'GPU'}` : '–')

function cell(t: Text, f: Format, s: SizeInfo, column: SizeColumn): ReactNode {
  switch (column) {
    case 'vcpu':
      return f.number(s.vCPUs)
    case 'memory':
      return `${f.number(s.memoryGB)} GB`
    case 'gpu':
      return gpus(s)
    case 'quota':
      return s.quota.available < 0 ? t('size.noLimit') : t('size.cores', { n: s.quota.available })
    case 'capacity':
      if (s.capacity === null) return t('size.now')
      return s.capacity === 0 ? t('size.later') : t('size.machines', { n: s.capacity })
    case 'price':
      if (s.pricePerHour !== null) return f.money(s.pricePerHour)
      return s.category === 'Local' ? t('money.free') : '–'
  }
  return null
}
