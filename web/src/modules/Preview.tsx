import { makeStyles, Spinner, tokens, Text as Words } from '@fluentui/react-components'
import { CheckmarkCircleFilled, DismissCircleFilled, WarningFilled } from '@fluentui/react-icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useId } from 'react'
import { ApiError } from '~/api/http.ts'
import { keys } from '~/api/keys.ts'
import { dryRun } from '~/api/queries/compute.ts'
import type { Preview as PreviewOf } from '~/api/types.ts'
import { useDebounced } from '~/components/debounced.ts'
import { type Format, type Text, useFormat, useText } from '~/i18n/text.tsx'
import { useRefusedLine } from './refusal.tsx'
import type { ComputeDocument } from './specs/document.ts'
import { warningText } from './warningText.ts'
import { useWorkspace } from './workspace.tsx'

export type DryRun = {
  preview: PreviewOf | undefined
  refusal: ApiError | undefined
  /** When the server last said so. */
  at: number
  checking: boolean
}

/** What the server says would be made of a document; undefined asks nothing, and nothing is asked while it is made. */
export function useDryRun(document: ComputeDocument | undefined, busy: boolean): DryRun {
  const ws = useWorkspace()
  const text = document ? JSON.stringify(document) : ''
  const rested = useDebounced(text, 250)
  const { data, error, dataUpdatedAt, errorUpdatedAt, isFetching, isPlaceholderData } = useQuery({
    queryKey: keys.dryRun(rested),
    queryFn: ({ signal }) => {
      const { name, body } = JSON.parse(rested) as ComputeDocument
      return dryRun(ws, name, body, signal)
    },
    enabled: rested !== '' && rested === text && !busy,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  })
  return {
    preview: rested && !error ? (data?.properties.preview ?? undefined) : undefined,
    refusal: rested && error instanceof ApiError ? error : undefined,
    at: Math.max(dataUpdatedAt, errorUpdatedAt),
    checking: isFetching || isPlaceholderData || rested !== text,
  }
}

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalS, minWidth: 0 },
  heading: { margin: 0 },
  list: {
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  term: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0, textAlign: 'end', fontVariantNumeric: 'tabular-nums', overflowWrap: 'anywhere' },
  line: {
    display: 'flex',
    gap: tokens.spacingHorizontalXS,
    alignItems: 'flex-start',
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    minHeight: '20px',
  },
  icon: { flexShrink: 0, fontSize: '16px', display: 'inline-flex', marginTop: '1px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground3 },
  warn: { color: tokens.colorStatusWarningForeground1 },
})

/** What the server says about the compute before it is made: what it costs, what it takes of the quota, what to know. */
export function Preview({ run, nodes }: { run: DryRun; nodes?: { min: number; max: number } }) {
  const t = useText()
  const f = useFormat()
  const styles = useStyles()
  const id = useId()
  const refusedLine = useRefusedLine()
  const { preview, refusal } = run
  return (
    <section className={styles.root} aria-labelledby={id} aria-busy={run.checking}>
      <Words as="h2" weight="semibold" id={id} className={styles.heading}>
        {t('preview.title')}
      </Words>
      {preview && <Figures preview={preview} nodes={nodes} />}
      {preview?.warnings.map((w) => (
        <Line key={w.code + w.target} look="warn" icon={<WarningFilled />}>
          {warningText(t, w) ?? w.message}
        </Line>
      ))}
      <div role="status">
        {refusal ? (
          <Line look="bad" icon={<DismissCircleFilled />}>
            {t('preview.refused')} {refusedLine(refusal)}
          </Line>
        ) : preview ? (
          <Line look="good" icon={<CheckmarkCircleFilled />}>
            {t('preview.good', { n: preview.warnings.length, time: f.clock(run.at) })}
          </Line>
        ) : run.checking ? (
          <Spinner size="extra-tiny" label={t('preview.checking')} labelPosition="after" />
        ) : (
          <Words size={200}>{t('preview.later')}</Words>
        )}
      </div>
    </section>
  )
}

function Line(p: { look: 'good' | 'bad' | 'warn'; icon: ReactNode; children: ReactNode }) {
  const styles = useStyles()
  return (
    <div className={styles.line}>
      <span className={`${styles.icon} ${styles[p.look]}`} aria-hidden="true">
        {p.icon}
      </span>
      <span>{p.children}</span>
    </div>
  )
}

function Figures({ preview, nodes }: { preview: PreviewOf; nodes: { min: number; max: number } | undefined }) {
  const t = useText()
  const f = useFormat()
  const styles = useStyles()
  const rows: [string, string][] = []
  const { pricePerHour: price, quota } = preview
  const cost = (amount: number | undefined) =>
    amount === undefined ? t(unpriced(preview)) : perHour(t, f, amount, preview.currency)
  if (nodes) {
    rows.push([t('preview.min', { n: nodes.min }), cost(price?.min)])
    rows.push([t('preview.max', { n: nodes.max }), cost(price?.max)])
  } else if (price) rows.push([t('preview.running'), cost(price.max)])
  if (quota) {
    rows.push([
      t('preview.quota', { family: quota.family }),
      t(quota.limit < 0 ? 'preview.cores' : 'preview.coresOf', {
        before: quota.before,
        after: quota.after,
        limit: quota.limit,
      }),
    ])
  }
  return (
    <dl className={styles.list}>
      {rows.map(([term, value]) => (
        <div key={term} style={{ display: 'contents' }}>
          <dt className={styles.term}>{term}</dt>
          <dd className={styles.value}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const perHour = (t: Text, f: Format, amount: number, currency: string) =>
  t('money.perHour', { amount: f.money(amount, currency) })

/** What to say where there is no price: only this machine's own costs nothing. */
export const unpriced = ({ quota }: PreviewOf) => (quota?.family === 'local' ? 'money.free' : 'preview.unpriced')
