import type { Series } from '~/api/types.ts'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { changes, stacked } from './nodeSeries.ts'

const most = 500

/** The chart in numbers: a row for each time at which something changed, the newest first. */
export function NodeStateTable({ series }: { series: Series }) {
  const t = useText()
  const format = useFormat()
  const at = (values: number[]) => (i: number) => format.number(values[i] ?? 0)
  const columns: Column<number>[] = [
    { id: 'time', header: t('event.column.time'), main: true, cell: (i) => format.time(series.at[i] ?? 0) },
    { id: 'target', header: t('node.target'), align: 'end', card: true, cell: at(series.target) },
    { id: 'current', header: t('node.current'), align: 'end', card: true, cell: at(series.current) },
    ...stacked.map((state) => ({
      id: state,
      header: t(`node.${state}`),
      align: 'end' as const,
      card: true,
      cell: at(series.states[state]),
    })),
  ]
  return (
    <DataTable
      label={t('details.monitoring.table')}
      columns={columns}
      rows={changes(series).slice(-most).reverse()}
      rowKey={String}
      rowName={(i) => format.time(series.at[i] ?? 0)}
    />
  )
}
