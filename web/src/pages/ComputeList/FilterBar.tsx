import { Button, Checkbox, makeStyles, SearchBox, tokens } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { lazy, type ReactNode, Suspense, useCallback, useRef } from 'react'
import type { TableSearch } from '~/components/tableSearch.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { useKey } from '~/modules/keys.ts'
import { ColumnButton, FieldButton } from './filterButtons.tsx'
import { type Row, toggled } from './rows.ts'

// Menus come when the list is there; until then their buttons stand in their place.
const FieldMenu = lazy(() => import('./FilterMenus.tsx').then((m) => ({ default: m.FieldMenu })))
const ColumnMenu = lazy(() => import('./FilterMenus.tsx').then((m) => ({ default: m.ColumnMenu })))

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  search: { width: '260px', maxWidth: '100%', '@media (max-width: 767px)': { width: '100%' } },
  key: {
    color: tokens.colorNeutralForeground2,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    '@media (max-width: 767px)': { display: 'none' },
  },
  chips: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalXS,
    listStyleType: 'none',
    margin: 0,
    padding: 0,
  },
  chip: { minWidth: 0, paddingInline: tokens.spacingHorizontalS },
})

export type FilterProps = {
  search: TableSearch
  typed: string
  type: (text: string) => void
  change: (next: TableSearch, how?: { push: boolean }) => void
  rows: Row[]
  fields: (keyof Row & string)[]
  wordOf: (field: keyof Row & string, value: string) => string
  columns: { id: string; header: string }[]
  usual: string[]
  children?: ReactNode
}

/** What the list is narrowed to, and which columns it shows: all of it in the address. */
export function FilterBar(props: FilterProps) {
  const t = useText()
  const styles = useStyles()
  const { search, change } = props
  const box = useRef<HTMLInputElement>(null)
  useKey(
    'Slash',
    useCallback(() => box.current?.focus(), []),
  )
  const filters = search.f ?? []
  return (
    <div className={styles.bar}>
      {props.children}
      <SearchBox
        ref={box}
        className={styles.search}
        aria-label={t('compute.filter')}
        placeholder={t('compute.filter')}
        value={props.typed}
        onChange={(_, d) => props.type(d.value)}
        contentAfter={
          props.typed ? undefined : (
            <span className={styles.key} aria-hidden="true">
              /
            </span>
          )
        }
      />
      <Suspense fallback={<FieldButton aria-disabled="true" />}>
        <FieldMenu {...props} />
      </Suspense>
      {filters.length > 0 && (
        <ul className={styles.chips} aria-label={t('compute.filters')}>
          {filters.map((f) => {
            const at = f.indexOf(':')
            const field = f.slice(0, at) as keyof Row & string
            const text = t('compute.chip', {
              field: t(`compute.column.${field}` as MessageId),
              value: props.wordOf(field, f.slice(at + 1)),
            })
            return (
              <li key={f}>
                <Button
                  size="small"
                  shape="circular"
                  className={styles.chip}
                  icon={<DismissRegular />}
                  iconPosition="after"
                  aria-label={t('compute.chip.remove', { chip: text })}
                  onClick={() => change({ f: toggled(filters, f) }, { push: true })}
                >
                  {text}
                </Button>
              </li>
            )
          })}
        </ul>
      )}
      <Checkbox
        label={t('compute.mine')}
        checked={search.mine ?? false}
        onChange={(_, d) => change({ mine: d.checked === true || undefined }, { push: true })}
      />
      <Suspense fallback={<ColumnButton aria-disabled="true" />}>
        <ColumnMenu {...props} />
      </Suspense>
    </div>
  )
}
