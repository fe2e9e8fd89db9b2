import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { type TableProps, TableView } from './DataTable.tsx'

const rowHeight = 52

/** A row is as high as it and what is said below it. */
function heightOf(row: HTMLTableRowElement): number {
  const next = row.nextElementSibling
  const below = next instanceof HTMLElement && next.dataset.below !== undefined ? next.offsetHeight : 0
  return row.offsetHeight + below
}

/** A table of which only what is seen is drawn. Rows are in the order that they have. */
export function LongTable<T>(props: TableProps<T>) {
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer<HTMLDivElement, HTMLTableRowElement>({
    count: props.rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    measureElement: heightOf,
    overscan: 12,
  })
  const items = virtual.getVirtualItems()
  const part = {
    scroll,
    indexes: items.map((v) => v.index),
    before: items[0]?.start ?? 0,
    after: Math.max(0, virtual.getTotalSize() - (items.at(-1)?.end ?? 0)),
    measure: virtual.measureElement,
  }
  return <TableView {...props} part={part} />
}
