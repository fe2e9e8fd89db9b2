/** What a list of jobs is narrowed to, as its address says, and the controls that change it. */
import {
  Button,
  Dropdown,
  Field,
  Input,
  Menu,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Option,
  SearchBox,
  Switch,
  tokens,
} from '@fluentui/react-components'
import { ColumnTripleRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { computes } from '~/api/queries/compute.ts'
import type { JobFilter } from '~/api/queries/job.ts'
import { byField, type TableSearch } from '~/components/tableSearch.ts'
import { useTyped } from '~/components/typed.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { useWorkspace } from './workspace.tsx'

export const statuses = [
  'Queued',
  'Starting',
  'Preparing',
  'Running',
  'Finalizing',
  'CancelRequested',
  'Completed',
  'Failed',
  'Canceled',
]

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-end',
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalM,
  },
  wide: { flexGrow: 1, flexBasis: '200px', maxWidth: '320px' },
  field: { flexBasis: '150px', flexGrow: 0, minWidth: '150px' },
  control: { minWidth: 0, width: '100%' },
  end: { marginInlineStart: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
})

/** The list's part of the address, and how to change it. Back undoes what was chosen, and all that was typed at once. */
export function useTableSearch(): [TableSearch, (change: TableSearch, typing?: boolean) => void] {
  const search = useSearch({ strict: false }) as TableSearch
  const navigate = useNavigate()
  const change = (next: TableSearch, typing = false) =>
    void navigate({ to: '.', search: ((was: object) => ({ ...was, ...next })) as never, replace: typing })
  return [search, change]
}

/** What to ask the server for. Of each field one value holds: the server filters by one. */
export function filterOf(search: TableSearch, compute: string | undefined, me: string | undefined): JobFilter {
  const fields = byField(search.f)
  const one = (field: string) => fields.get(field)?.[0]
  return {
    compute: compute ?? one('compute'),
    status: one('status'),
    experimentName: one('experiment'),
    tag: one('tag'),
    search: search.q,
    createdBy: search.mine ? me : undefined,
  }
}

/** The filters with one field set to a value, or without it. */
export function withField(filters: string[] | undefined, field: string, value: string): string[] | undefined {
  const rest = (filters ?? []).filter((f) => !f.startsWith(`${field}:`))
  const next = value ? [...rest, `${field}:${value}`] : rest
  return next.length > 0 ? next : undefined
}

export function JobFilters(props: { compute?: string | undefined; experiments: string[]; columns: ReactNode }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const [search, change] = useTableSearch()
  const fields = byField(search.f)
  const set = (field: string, value: string, typing = false) => change({ f: withField(search.f, field, value) }, typing)
  const [q, setQ] = useTyped(search.q ?? '', (v) => change({ q: v || undefined }, true))
  const [tag, setTag] = useTyped(fields.get('tag')?.[0] ?? '', (v) => set('tag', v.trim(), true))
  const all = useQuery({ ...computes(ws), enabled: props.compute === undefined })
  return (
    <div role="search" aria-label={t('table.filter')} className={styles.bar}>
      <Field label={t('jobs.search')} className={styles.wide}>
        <SearchBox className={styles.control} value={q} onChange={(_, d) => setQ(d.value)} />
      </Field>
      <Choice
        label={t('jobs.status')}
        value={fields.get('status')?.[0] ?? ''}
        options={statuses.map((s) => [s, t(`state.${s}` as MessageId)])}
        onChange={(v) => set('status', v)}
      />
      {props.compute === undefined && (
        <Choice
          label={t('jobs.compute')}
          value={fields.get('compute')?.[0] ?? ''}
          options={(all.data ?? []).map((c) => [c.name, c.name])}
          onChange={(v) => set('compute', v)}
        />
      )}
      <Choice
        label={t('jobs.experiment')}
        value={fields.get('experiment')?.[0] ?? ''}
        options={props.experiments.map((e) => [e, e])}
        onChange={(v) => set('experiment', v)}
      />
      <Field label={t('jobs.tagFilter')} className={styles.field}>
        <Input className={styles.control} value={tag} onChange={(_, d) => setTag(d.value)} autoComplete="off" />
      </Field>
      <Switch
        label={t('jobs.mine')}
        checked={search.mine ?? false}
        onChange={(_, d) => change({ mine: d.checked || undefined })}
      />
      <div className={styles.end}>{props.columns}</div>
    </div>
  )
}

function Choice(props: {
  label: string
  value: string
  options: (readonly [string, string])[]
  onChange: (v: string) => void
}) {
  const t = useText()
  const styles = useStyles()
  // What the address asks for is an option, whether or not there is such a thing.
  const known = props.value === '' || props.options.some(([v]) => v === props.value)
  const options = known ? props.options : [...props.options, [props.value, props.value] as const]
  return (
    <Field label={props.label} className={styles.field}>
      <Dropdown
        className={styles.control}
        value={options.find(([v]) => v === props.value)?.[1] ?? t('jobs.any')}
        selectedOptions={[props.value]}
        onOptionSelect={(_, d) => props.onChange(d.optionValue ?? '')}
      >
        <Option value="">{t('jobs.any')}</Option>
        {options.map(([value, words]) => (
          <Option key={value} value={value}>
            {words}
          </Option>
        ))}
      </Dropdown>
    </Field>
  )
}

/** Which columns are shown. */
export function ColumnChoice(props: {
  columns: { id: string; header: string; fixed?: boolean }[]
  shown: string[]
  usual: string[]
}) {
  const t = useText()
  const [, change] = useTableSearch()
  const choose = (next: string[]) => {
    const same = next.length === props.usual.length && next.every((c) => props.usual.includes(c))
    change({ cols: same ? undefined : next })
  }
  return (
    <Menu checkedValues={{ cols: props.shown }} onCheckedValueChange={(_, d) => choose(d.checkedItems)}>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ColumnTripleRegular />}>{t('jobs.columns')}</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {props.columns
            .filter((c) => !c.fixed)
            .map((c) => (
              <MenuItemCheckbox key={c.id} name="cols" value={c.id}>
                {c.header}
              </MenuItemCheckbox>
            ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
