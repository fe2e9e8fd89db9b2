import { Button, makeStyles, ToggleButton, tokens } from '@fluentui/react-components'
import { ArrowDownloadRegular, TableRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { type Range, ranges, series } from '~/api/queries/compute.ts'
import { Empty, Loading } from '~/components/Notice.tsx'
import { Panel } from '~/components/Panel.tsx'
import { useText } from '~/i18n/text.tsx'
import { useClock } from '~/modules/clock.ts'
import { Failure } from '~/modules/Failure.tsx'
import { NodeStateChart } from '~/modules/NodeStateChart.tsx'
import { NodeStateTable } from '~/modules/NodeStateTable.tsx'
import { csvOf, stretch } from '~/modules/nodeSeries.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { useTheme } from '~/shell/theme.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS, marginInlineStart: 'auto' },
})

// The right edge moves with the time; a pixel of an hour's chart is about as long.
const step = 5000

/** How many nodes were in which state over time, and how many there were to be. */
export function Monitoring({ name, brief = false }: { name: string; brief?: boolean }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { dark } = useTheme()
  const navigate = useNavigate()
  const search = useSearch({ strict: false }) as { range?: string }
  const range: Range = search.range && search.range in ranges ? (search.range as Range) : '1h'
  const [asTable, setAsTable] = useState(false)
  const query = useQuery(series(ws, name, range))
  const { data, dataUpdatedAt } = query
  const now = Math.max(
    useClock((n) => Math.floor(n / step) * step),
    dataUpdatedAt,
  )
  const shown = useMemo(() => data && stretch(data, now, ranges[range] * 3_600_000), [data, now, range])
  const choose = (r: Range) => void navigate({ to: '.', search: (was: object) => ({ ...was, range: r }) } as never)
  const download = () => {
    if (!shown) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([csvOf(shown)], { type: 'text/csv' }))
    link.download = `${name}-nodes-${range}.csv`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <Panel
      title={t('details.monitoring')}
      actions={
        <div className={styles.bar}>
          <div role="group" aria-label={t('details.range')}>
            {(Object.keys(ranges) as Range[]).map((r) => (
              <ToggleButton
                key={r}
                size="small"
                appearance="subtle"
                checked={r === range}
                onClick={() => choose(r)}
                data-range={r}
              >
                {t(`details.range.${r}`)}
              </ToggleButton>
            ))}
          </div>
          <ToggleButton size="small" icon={<TableRegular />} checked={asTable} onClick={() => setAsTable(!asTable)}>
            {t('details.asTable')}
          </ToggleButton>
          <Button size="small" icon={<ArrowDownloadRegular />} disabledFocusable={!shown} onClick={download}>
            CSV
          </Button>
        </div>
      }
    >
      {query.isPending && <Loading rows={brief ? 4 : 8} />}
      {query.isError && !query.data && <Failure error={query.error} retry={() => void query.refetch()} />}
      {shown && shown.at.length === 0 && <Empty title={t('details.monitoring.none')} />}
      {shown &&
        shown.at.length > 0 &&
        (asTable ? (
          <NodeStateTable series={shown} />
        ) : (
          <NodeStateChart
            series={shown}
            height={brief ? 180 : 340}
            label={t('details.monitoring.of', { name })}
            dark={dark}
          />
        ))}
    </Panel>
  )
}
