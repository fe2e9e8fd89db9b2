import {
  Input,
  Label,
  makeStyles,
  mergeClasses,
  Radio,
  RadioGroup,
  shorthands,
  tokens,
  Text as Words,
} from '@fluentui/react-components'
import { LockClosedRegular, SearchRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { type FocusEventHandler, useId, useState } from 'react'
import { sizes } from '~/api/queries/compute.ts'
import { composing } from '~/components/composing.ts'
import { Loading } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from './Failure.tsx'
import { reasonOf, SizeTable } from './SizeTable.tsx'
import { canChoose, isAvailable, matches, type Processor, processorOf, type SizeSort, sorted } from './sizes.ts'
import { useWorkspace } from './workspace.tsx'

const useStyles = makeStyles({
  root: { minWidth: 0, margin: 0, padding: 0, ...shorthands.borderWidth(0) },
  label: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, padding: 0 },
  tools: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    marginBottom: tokens.spacingVerticalS,
  },
  options: { flexWrap: 'wrap', marginInlineStart: '-8px' },
  search: { width: '280px', maxWidth: '100%' },
  summary: {
    cursor: 'pointer',
    minHeight: '32px',
    display: 'flex',
    alignItems: 'center',
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  closed: { listStyleType: 'disclosure-closed' },
  problem: { display: 'block', color: tokens.colorStatusDangerForeground3 },
  note: { display: 'block', color: tokens.colorNeutralForeground2, paddingBlock: tokens.spacingVerticalXS },
})

type Props = {
  location: string
  priority?: 'Dedicated' | 'LowPriority'
  /** Only sizes of this sort; without it all. */
  processor?: Processor | undefined
  value: string
  onChange: (size: string) => void
  /** That the size cannot be changed later, as it says beside the label. */
  lock?: string
  error?: string | undefined
  onFocus?: FocusEventHandler
}

/** One of a location's sizes. What cannot be had is there too, below, with the reason and what would help. */
export function SizePicker({
  location,
  priority = 'Dedicated',
  processor,
  value,
  onChange,
  lock,
  error,
  onFocus,
}: Props) {
  const t = useText()
  const styles = useStyles()
  const labelId = useId()
  const group = useId()
  const { data, error: failed, refetch } = useQuery(sizes(useWorkspace(), location, priority))
  const [which, setWhich] = useState<'recommended' | 'all'>('recommended')
  const [query, setQuery] = useState('')
  const [sort, setSort] = useState<SizeSort>()
  if (failed) return <Failure error={failed} retry={() => void refetch()} />
  if (!data) return <Loading rows={4} />
  const ofKind = data.filter((s) => !processor || processorOf(s) === processor)
  const recommended = ofKind.filter((s) => s.recommended || s.name === value)
  const few = which === 'recommended' && query === '' && recommended.length > 0
  const found = (few ? recommended : ofKind).filter((s) => matches(s, query))
  const order = (list: typeof found) => (sort ? sorted(list, sort) : list)
  const there = order(found.filter((s) => isAvailable(s) || (s.name === value && canChoose(s))))
  // Why a size cannot be had is worth knowing whatever list is shown.
  const lacking = ofKind.filter((s) => !there.includes(s) && !isAvailable(s) && matches(s, query))
  // What was chosen before is shown with the reason, not taken for another.
  const barred = data.find((s) => s.name === value && !canChoose(s))
  const problem = error ?? (barred && reasonOf(t, barred))
  const table = { group, value, onChange, sort, onSort: setSort, location, labelId }
  return (
    <fieldset className={styles.root} onFocus={onFocus} aria-invalid={problem ? true : undefined}>
      <legend className={styles.label}>
        <Label required id={labelId}>
          {t('size.label')}
        </Label>
        {lock && <LockClosedRegular aria-label={lock} title={lock} role="img" />}
      </legend>
      <div className={styles.tools}>
        <RadioGroup
          layout="horizontal"
          className={styles.options}
          aria-label={t('size.options')}
          value={which}
          onChange={(_, d) => setWhich(d.value as 'recommended' | 'all')}
        >
          <Radio value="recommended" label={t('size.recommended')} />
          <Radio value="all" label={t('size.all')} />
        </RadioGroup>
        <Input
          type="search"
          className={styles.search}
          contentBefore={<SearchRegular />}
          aria-label={t('size.search')}
          placeholder={t('size.search')}
          value={query}
          onChange={(_, d) => setQuery(d.value)}
          onKeyDown={(e) => e.key === 'Enter' && !composing(e) && e.preventDefault()}
        />
      </div>
      {problem && (
        <Words role="alert" size={200} className={styles.problem}>
          {problem}
        </Words>
      )}
      {ofKind.length === 0 && <Words className={styles.note}>{t(none(processor))}</Words>}
      {ofKind.length > 0 && found.length === 0 && <Words className={styles.note}>{t('view.empty.match')}</Words>}
      {which === 'recommended' && ofKind.length > 0 && recommended.length === 0 && (
        <Words className={styles.note}>{t('size.noneRecommended')}</Words>
      )}
      {there.length > 0 && <SizeTable {...table} label={t('size.label')} rows={there} />}
      {lacking.length > 0 && (
        <details open={query !== '' || there.length === 0 || (barred && lacking.includes(barred))}>
          <summary className={mergeClasses(styles.summary, styles.closed)}>
            {t('size.unavailable', { n: lacking.length })}
          </summary>
          <SizeTable {...table} label={t('size.unavailable', { n: lacking.length })} rows={order(lacking)} />
        </details>
      )}
    </fieldset>
  )
}

const none = (processor: Processor | undefined) =>
  processor === 'GPU' ? 'size.noneOfKind.gpu' : processor === 'CPU' ? 'size.noneOfKind.cpu' : 'size.none'
