import {
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
} from '@fluentui/react-components'
import { Fragment } from 'react'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import type { FilterProps } from './FilterBar.tsx'
import { ColumnButton, FieldButton } from './filterButtons.tsx'
import { toggled, valuesOf } from './rows.ts'

const mostValues = 12

const useStyles = makeStyles({ popover: { maxHeight: '60vh', overflowY: 'auto' } })

/** The values that there are, by field. */
export function FieldMenu({ search, change, rows, fields, wordOf }: FilterProps) {
  const t = useText()
  const styles = useStyles()
  const checked = Object.fromEntries(
    fields.map((field) => [field, (search.f ?? []).filter((f) => f.startsWith(`${field}:`))]),
  )
  return (
    <Menu checkedValues={checked}>
      <MenuTrigger>
        <FieldButton />
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

/** Which columns there are to be. */
export function ColumnMenu({ search, change, columns, usual }: FilterProps) {
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
        <ColumnButton />
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
