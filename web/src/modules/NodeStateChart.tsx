import { makeStyles, mergeClasses, shorthands, tokens } from '@fluentui/react-components'
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useIntl } from 'react-intl'
import uPlot from 'uplot'
import type { Series } from '~/api/types.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import 'uplot/dist/uPlot.min.css'
import { chartOptions, colourOf, paint, plotted, swatches } from './nodeChartOptions.ts'
import { pointAt, stacked } from './nodeSeries.ts'

const useStyles = makeStyles({
  plot: {
    width: '100%',
    minWidth: 0,
    ':focus-visible': {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: '2px',
    },
  },
  legend: {
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    listStyleType: 'none',
    margin: `${tokens.spacingVerticalS} 0 0`,
    padding: 0,
    fontSize: tokens.fontSizeBase200,
  },
  entry: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  swatch: { display: 'block', width: '18px', height: '12px', flexShrink: 0, borderRadius: tokens.borderRadiusSmall },
  line: { ...shorthands.borderTop('2px', 'dashed', tokens.colorNeutralForeground1), height: 0 },
  value: { fontVariantNumeric: 'tabular-nums', fontWeight: tokens.fontWeightSemibold },
})

/** Nodes by state, stacked, each with a pattern of its own beside its colour, and the line of how many there are to be. */
export function NodeStateChart(props: { series: Series; height: number; label: string; dark: boolean }) {
  const { series, height, label, dark } = props
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const [cursor, setCursor] = useState<number>()
  const axisLabel = useAxisLabel()
  const data = useMemo(() => plotted(series), [series])
  const newest = useRef(data)
  newest.current = data
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const element = holder.current
    if (!element) return
    const chart = new uPlot(
      chartOptions({ element, height, label: axisLabel, onCursor: setCursor }),
      newest.current,
      element,
    )
    plot.current = chart
    const size = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }))
    size.observe(element)
    return () => {
      size.disconnect()
      chart.destroy()
      plot.current = undefined
    }
  }, [height, axisLabel, dark])
  useEffect(() => plot.current?.setData(data), [data])
  const moveTo = (time: number) => {
    const chart = plot.current
    if (!chart) return
    chart.setCursor({ left: chart.valToPos(time / 1000, 'x'), top: 0 })
    setCursor(time)
  }
  const onKey = (e: KeyboardEvent) => {
    const from = series.at[0] ?? 0
    const to = series.at.at(-1) ?? 0
    const step = (to - from) / 60
    const now = cursor ?? to
    const there: Record<string, number> = { ArrowLeft: now - step, ArrowRight: now + step, Home: from, End: to }
    const next = there[e.key]
    if (next === undefined) return
    e.preventDefault()
    moveTo(Math.min(to, Math.max(from, next)))
  }
  const index = cursor === undefined ? series.at.length - 1 : pointAt(series.at, cursor)
  const values = stacked.map((state) => ({ state, n: series.states[state][index] ?? 0 }))
  const target = series.target[index] ?? 0
  const time = format.time(cursor ?? series.at.at(-1) ?? 0)
  return (
    <figure aria-label={label} style={{ margin: 0 }}>
      <div
        ref={holder}
        className={styles.plot}
        style={{ height }}
        tabIndex={0}
        role="slider"
        aria-label={t('details.monitoring.cursor')}
        aria-valuemin={series.at[0] ?? 0}
        aria-valuemax={series.at.at(-1) ?? 0}
        aria-valuenow={Math.round(cursor ?? series.at.at(-1) ?? 0)}
        aria-valuetext={[
          time,
          `${t('node.target')} ${target}`,
          ...values.filter((v) => v.n > 0).map((v) => `${t(`node.${v.state}`)} ${v.n}`),
        ].join(', ')}
        onKeyDown={onKey}
      />
      <ul className={styles.legend} data-cursor={cursor === undefined ? '' : 'yes'}>
        <li className={styles.entry}>{time}</li>
        <li className={styles.entry} data-series="target">
          <span className={mergeClasses(styles.swatch, styles.line)} aria-hidden="true" />
          {t('node.target')} <span className={styles.value}>{target}</span>
        </li>
        {values.map(({ state, n }) => (
          <li key={state} className={styles.entry} data-series={state}>
            <Swatch state={state} dark={dark} />
            {t(`node.${state}`)} <span className={styles.value}>{n}</span>
          </li>
        ))}
      </ul>
    </figure>
  )
}

function Swatch({ state, dark }: { state: (typeof stacked)[number]; dark: boolean }) {
  const styles = useStyles()
  const ref = useRef<HTMLCanvasElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const context = ref.current?.getContext('2d')
    if (!context || !ref.current) return
    context.clearRect(0, 0, swatches.width, swatches.height)
    context.fillStyle = paint(context, state, colourOf(ref.current, state))
    context.fillRect(0, 0, swatches.width, swatches.height)
  }, [state, dark])
  return (
    <span className={styles.swatch} aria-hidden="true">
      <canvas ref={ref} width={swatches.width} height={swatches.height} className={styles.swatch} />
    </span>
  )
}

/** Times below the chart: of the day, or with the day where it is about several. */
function useAxisLabel(): (at: number, span: number) => string {
  const intl = useIntl()
  return useCallback(
    (at, span) =>
      span > 2 * 86_400
        ? intl.formatDate(at, { month: 'short', day: 'numeric' })
        : intl.formatTime(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    [intl],
  )
}
