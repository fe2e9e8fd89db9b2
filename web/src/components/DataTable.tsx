import { Checkbox, mergeClasses } from '@fluentui/react-components'
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons'
import { Fragment, lazy, type ReactNode, type Ref, Suspense, useRef } from 'react'
import { useText } from '~/i18n/text.tsx'
import { useRowFocus } from './rowFocus.ts'
import { useTableStyles } from './tableStyles.ts'

export type Column<T> = {
  id: string
  header: string
  cell: (row: T) => ReactNode
  /** What to sort by; without it the column cannot be sorted. */
  sort?: (row: T) => string | number
  width?: string
  align?: 'end'
  /** The row's name: the header of the row, and the title of its card. */
  main?: boolean
  /** On a narrow screen only these are on the card. */
  card?: boolean
  /** There it is called by its header: for what does not say by itself what it is, as a number. */
  cardLabel?: boolean
  /** Stays in sight at the end of the row when the table is wider than its room: what can be done with it. */
  sticky?: boolean
}

export type Sort = { id: string; descending: boolean }

export type TableProps<T> = {
  label: string
  columns: Column<T>[]
  rows: T[]
  rowKey: (row: T) => string
  /** What the row is called where it is selected or acted on. */
  rowName: (row: T) => string
  sort?: Sort | undefined
  onSort?: (sort: Sort) => void
  selected?: ReadonlySet<string>
  onSelect?: (selected: Set<string>) => void
  /** Below a row, over its whole width: why it is as it is. */
  below?: (row: T) => ReactNode
  compare?: (a: string, b: string) => number
}

/** What is drawn of a long table. */
export type Part = {
  scroll: Ref<HTMLDivElement>
  indexes: number[]
  before: number
  after: number
  measure: (row: HTMLTableRowElement | null) => void
}

const longFrom = 200
const LongTable = lazy(() => import('./LongTable.tsx').then((m) => ({ default: m.LongTable }))) as unknown as <T>(
  props: TableProps<T>,
) => ReactNode

/** Rows in the order that the sort asks for. */
export function sorted<T>(
  rows: T[],
  columns: Column<T>[],
  sort: Sort | undefined,
  compare: (a: string, b: string) => number,
): T[] {
  const by = sort && columns.find((c) => c.id === sort.id)?.sort
  if (!by) return rows
  const sign = sort.descending ? -1 : 1
  return [...rows].sort((a, b) => {
    const x = by(a)
    const y = by(b)
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : compare(String(x), String(y)))
  })
}

/** A table of things: sorted, selected, acted on. On a narrow screen each row is a card; a long one draws only what is seen. */
export function DataTable<T>(props: TableProps<T>) {
  const rows = sorted(props.rows, props.columns, props.sort, props.compare ?? ((a, b) => a.localeCompare(b)))
  if (rows.length <= longFrom) return <TableView {...props} rows={rows} />
  return (
    <Suspense>
      <LongTable {...props} rows={rows} />
    </Suspense>
  )
}

/** The rows in the order that they have, or the part of them that is seen. */
export function TableView<T>({ part, ...props }: TableProps<T> & { part?: Part }) {
  const styles = useTableStyles()
  const t = useText()
  const { columns, rows, selected, onSelect } = props
  const body = useRef<HTMLTableSectionElement>(null)
  useRowFocus(body, rows.map(props.rowKey))
  const span = columns.length + (onSelect ? 1 : 0)
  const chosen = rows.filter((r) => selected?.has(props.rowKey(r))).length
  const select = (row: T, on: boolean) => {
    const next = new Set(selected)
    if (on) next.add(props.rowKey(row))
    else next.delete(props.rowKey(row))
    onSelect?.(next)
  }
  const shown = part ? part.indexes.map((i) => [i, rows[i] as T] as const) : rows.map((r, i) => [i, r] as const)
  return (
    <div
      ref={part?.scroll}
      className={mergeClasses(styles.scroll, part && styles.tall)}
      tabIndex={0}
      role="region"
      aria-label={props.label}
    >
      <table className={styles.table} aria-label={props.label} aria-rowcount={rows.length + 1}>
        <thead className={styles.head}>
          <tr>
            {onSelect && (
              <th className={mergeClasses(styles.headCell, styles.check)} scope="col">
                <Checkbox
                  aria-label={t('table.select.all')}
                  checked={chosen === 0 ? false : chosen === rows.length ? true : 'mixed'}
                  onChange={(_, d) => onSelect(d.checked === true ? new Set(rows.map(props.rowKey)) : new Set())}
                />
              </th>
            )}
            {columns.map((c) => (
              <HeadCell key={c.id} column={c} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} className={styles.body}>
          {part && part.before > 0 && <tr role="presentation" style={{ height: part.before }} />}
          {shown.map(([index, row]) => {
            const key = props.rowKey(row)
            const below = props.below?.(row)
            const on = selected?.has(key) ?? false
            return (
              <Fragment key={key}>
                <tr
                  className={mergeClasses(styles.row, on && styles.chosen)}
                  aria-rowindex={index + 2}
                  aria-selected={onSelect ? on : undefined}
                  data-key={key}
                  data-index={index}
                  ref={part?.measure}
                >
                  {onSelect && (
                    <td className={mergeClasses(styles.cell, styles.check, Boolean(below) && styles.noBorder)}>
                      <Checkbox
                        aria-label={t('table.select.row', { name: props.rowName(row) })}
                        checked={on}
                        onChange={(_, d) => select(row, d.checked === true)}
                      />
                    </td>
                  )}
                  {columns.map((c) => {
                    const className = mergeClasses(
                      styles.cell,
                      c.align === 'end' && styles.end,
                      !c.main && !c.card && styles.notOnCard,
                      c.cardLabel && styles.labelled,
                      c.sticky && styles.sticky,
                      Boolean(below) && styles.noBorder,
                    )
                    return c.main ? (
                      <th key={c.id} scope="row" className={className}>
                        {c.cell(row)}
                      </th>
                    ) : (
                      <td key={c.id} className={className} data-label={c.cardLabel ? c.header : undefined}>
                        {c.cell(row)}
                      </td>
                    )
                  })}
                </tr>
                {below && (
                  <tr data-below="">
                    <td colSpan={span} className={styles.below}>
                      {below}
                    </td>
                  </tr>
                )}
              </Fragment>
            )
          })}
          {part && <tr role="presentation" style={{ height: part.after }} />}
        </tbody>
      </table>
    </div>
  )
}

function HeadCell<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>
  sort: Sort | undefined
  onSort: ((s: Sort) => void) | undefined
}) {
  const styles = useTableStyles()
  const t = useText()
  const active = sort?.id === column.id
  const className = mergeClasses(
    styles.headCell,
    column.align === 'end' && styles.end,
    column.sticky && styles.sticky,
    column.sticky && styles.stickyHead,
  )
  const order = active ? (sort.descending ? 'descending' : 'ascending') : undefined
  if (!column.sort || !onSort) {
    return (
      <th scope="col" className={className} style={{ width: column.width }}>
        {column.header}
      </th>
    )
  }
  return (
    <th scope="col" className={className} style={{ width: column.width }} aria-sort={order}>
      <button
        type="button"
        className={styles.sortButton}
        title={t('table.sort', { column: column.header })}
        onClick={() => onSort({ id: column.id, descending: active && !sort.descending })}
      >
        {column.header}
        {active && (sort.descending ? <ArrowDownRegular aria-hidden="true" /> : <ArrowUpRegular aria-hidden="true" />)}
      </button>
    </th>
  )
}
