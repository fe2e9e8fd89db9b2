import { Checkbox, Field, Input, makeStyles, Select, ToggleButton, Tooltip, tokens } from '@fluentui/react-components'
import { ChevronDownRegular, ChevronUpRegular, SearchRegular, TextCaseTitleRegular } from '@fluentui/react-icons'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { ActionButton } from '~/components/ActionButton.tsx'
import { composing } from '~/components/composing.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import type { LogSearch } from './address.ts'
import { levels } from './level.ts'
import type { State } from './protocol.ts'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-end',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalS,
  },
  search: {
    flexGrow: 1,
    flexBasis: '380px',
    minWidth: 0,
    maxWidth: '640px',
    gridTemplateColumns: 'minmax(0, 1fr)',
  },
  searchRow: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    '@media (max-width: 767px)': { flexWrap: 'wrap' },
  },
  input: { flexGrow: 1, flexBasis: '160px', minWidth: 0 },
  count: { whiteSpace: 'nowrap', color: tokens.colorNeutralForeground2 },
  regex: { fontFamily: tokens.fontFamilyMonospace, minWidth: '32px' },
  file: { maxWidth: '260px' },
  end: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, marginInlineStart: 'auto' },
})

type Props = {
  search: LogSearch
  state: State
  /** Whether nobody is typing: what is half an expression is not wrong yet. */
  rested: boolean
  searchInput: RefObject<HTMLInputElement | null>
  files: string[]
  file: string
  attempts: number[]
  attempt: number
  ranks: number[]
  rank: string
  /** Which of the lines that were found the eye is on. */
  at: number | undefined
  following: boolean
  canFollow: boolean
  onChange: (change: LogSearch) => void
  onType: (q: string) => void
  onFollow: (on: boolean) => void
  onSeek: (back: boolean) => void
  end: ReactNode
}

/** What of a log is shown, and the search in it. */
export function LogToolbar(props: Props) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const { search, state, onChange } = props
  const lines = (rank: number) => state.ranks.find((r) => r.rank === rank)?.lines
  return (
    <div className={styles.bar}>
      <Field label={t('log.file')}>
        <Select
          className={styles.file}
          value={props.file}
          onChange={(_, d) => onChange({ log: d.value === props.files[0] ? undefined : d.value })}
        >
          {props.files.map((f) => (
            <option key={f} value={f}>
              {f.replace(/^user_logs\//, '')}
            </option>
          ))}
        </Select>
      </Field>
      {props.attempts.length > 1 && (
        <Field label={t('log.attempt')}>
          <Select
            value={String(props.attempt)}
            onChange={(_, d) =>
              onChange({ attempt: d.value === String(props.attempts.at(-1)) ? undefined : d.value, rank: undefined })
            }
          >
            {props.attempts.map((a) => (
              <option key={a} value={String(a)}>
                {format.number(a)}
              </option>
            ))}
          </Select>
        </Field>
      )}
      {props.ranks.length > 1 && (
        <Field label={t('log.rank')}>
          <Select value={props.rank} onChange={(_, d) => onChange({ rank: d.value === 'all' ? undefined : d.value })}>
            <option value="all">{t('log.rank.all', { n: props.ranks.length })}</option>
            {props.ranks.map((r) => (
              <option key={r} value={String(r)}>
                {lines(r) === undefined
                  ? t('log.rank.only', { rank: r })
                  : t('log.rank.one', { rank: r, lines: lines(r) ?? 0 })}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field label={t('log.level')}>
        <Select value={search.level ?? ''} onChange={(_, d) => onChange({ level: d.value || undefined })}>
          <option value="">{t('log.level.all')}</option>
          {levels.slice(1).map((l) => (
            <option key={l} value={l}>
              {t('log.level.least', { level: l.toUpperCase() })}
            </option>
          ))}
        </Select>
      </Field>
      <SearchField {...props} />
      <Checkbox
        label={t('log.follow')}
        checked={props.following}
        disabled={!props.canFollow}
        onChange={(_, d) => props.onFollow(d.checked === true)}
      />
      {state.stamps && (
        <Checkbox
          label={t('log.times')}
          checked={search.ts !== '0'}
          onChange={(_, d) => onChange({ ts: d.checked ? undefined : '0' })}
        />
      )}
      <Checkbox
        label={t('log.wrap')}
        checked={search.wrap === '1'}
        onChange={(_, d) => onChange({ wrap: d.checked ? '1' : undefined })}
      />
      <div className={styles.end}>{props.end}</div>
    </div>
  )
}

function SearchField({ search, state, rested, searchInput, at, onChange, onType, onSeek }: Props) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const none = !search.q || state.hits === 0 ? t('log.search.count', { n: 0 }) : undefined
  const bad = rested ? state.badQuery : undefined
  const keys = (e: KeyboardEvent) => {
    if (e.key === 'Enter' && !composing(e)) onSeek(e.shiftKey)
  }
  const said =
    at === undefined || at < 0
      ? t('log.search.count', { n: state.hits })
      : t('log.search.at', { i: format.number(at + 1), n: format.number(state.hits) })
  return (
    <Field
      label={t('log.search')}
      className={styles.search}
      validationState={bad ? 'error' : 'none'}
      validationMessage={bad ? t('log.search.bad', { why: bad }) : undefined}
    >
      {(field) => (
        <div className={styles.searchRow}>
          <Input
            {...field}
            ref={searchInput}
            className={styles.input}
            contentBefore={<SearchRegular />}
            contentAfter={
              <span role="status" className={styles.count}>
                {search.q && !state.badQuery && !state.searching ? said : ''}
              </span>
            }
            value={search.q ?? ''}
            autoComplete="off"
            spellCheck={false}
            onChange={(_, d) => onType(d.value)}
            onKeyDown={keys}
          />
          <Tooltip content={t('log.search.case')} relationship="label">
            <ToggleButton
              size="small"
              icon={<TextCaseTitleRegular />}
              checked={search.cs === '1'}
              onClick={() => onChange({ cs: search.cs === '1' ? undefined : '1' })}
            />
          </Tooltip>
          <Tooltip content={t('log.search.regex')} relationship="label">
            <ToggleButton
              size="small"
              className={styles.regex}
              checked={search.re === '1'}
              onClick={() => onChange({ re: search.re === '1' ? undefined : '1' })}
            >
              .*
            </ToggleButton>
          </Tooltip>
          <ActionButton
            size="small"
            appearance="subtle"
            icon={<ChevronUpRegular />}
            aria-label={t('log.search.previous')}
            denied={none}
            onClick={() => onSeek(true)}
          />
          <ActionButton
            size="small"
            appearance="subtle"
            icon={<ChevronDownRegular />}
            aria-label={t('log.search.next')}
            denied={none}
            onClick={() => onSeek(false)}
          />
        </div>
      )}
    </Field>
  )
}
