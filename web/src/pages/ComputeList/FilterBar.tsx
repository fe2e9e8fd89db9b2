import {
  Button,
  Checkbox,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  SearchBox,
  tokens,
} from '@fluentui/react-components'
import { ColumnTripleRegular, DismissRegular, FilterRegular } from '@fluentui/react-icons'
import { Fragment, type ReactNode, useCallback, useRef } from 'react'
import type { TableSearch } from '~/components/tableSearch.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { useKey } from '~/modules/keys.ts'
import { type Row, toggled, valuesOf } from './rows.ts'

const mostValues = 12

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
  popover: { maxHeight: '60vh', overflowY: 'auto' },
})

type Props = {
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
export function FilterBar(props: Props) {
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
      <FieldMenu {...props} />
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
      <ColumnMenu {...props} />
    </div>
  )
}

/** The values that there are, by field. */
function FieldMenu({ search, change, rows, fields, wordOf }: Props) {
  const t = useText()
  const styles = useStyles()
  const checked = Object.fromEntries(
    fields.map((field) => [field, (search.f ?? []).filter((f) => f.startsWith(`${field}:`))]),
  )
  return (
    <Menu checkedValues={checked}>
      <MenuTrigger>
        <Button appearance="subtle" icon={<FilterRegular />}>
          {t('compute.addFilter')}
        </Button>
      </MenuTrigger>
      <MenuPopover className={styles.popover}>
        <MenuList>
          {fields.map((field, i) => (
            <Fragment key={field}>
              {i > 0 && <MenuDivider />}
              <MenuGroup>
                <MenuGroupHeader>{t(`compute.column.${field}` as MessageId)}</MenuGroupHeader>
                {valuesOf(rows, field)
                  .slice(0, mostValues)
                  .map(({ value, n }) => (
                    <MenuItemCheckbox
                      key={value}
                      name={field}
                      value={`${field}:${value}`}
                      secondaryContent={n}
                      onClick={() => change({ f: toggled(search.f, `${field}:${value}`) }, { push: true })}
                    >
                      {wordOf(field, value)}
                    </MenuItemCheckbox>
                  ))}
              </MenuGroup>
            </Fragment>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

function ColumnMenu({ search, change, columns, usual }: Props) {
  const t = useText()
  const shown = search.cols ?? usual
  return (
    <Menu
      checkedValues={{ columns: shown }}
      onCheckedValueChange={(_, d) => {
        const next = columns.map((c) => c.id).filter((id) => d.checkedItems.includes(id))
        change({ cols: next.join() === usual.join() ? undefined : next.length > 0 ? next : ['none'] }, { push: true })
      }}
    >
      <MenuTrigger>
        <Button appearance="subtle" icon={<ColumnTripleRegular />}>
          {t('table.columns')}
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {columns.map((c) => (
            <MenuItemCheckbox key={c.id} name="columns" value={c.id}>
              {c.header}
            </MenuItemCheckbox>
          ))}
          <MenuDivider />
          <MenuItem onClick={() => change({ cols: undefined }, { push: true })}>{t('compute.columns.usual')}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
