import {
  Body1,
  Button,
  Link as FluentLink,
  makeStyles,
  SearchBox,
  Select,
  Switch,
  tokens,
} from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { computes, sizes, usage } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import { Empty, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { useTyped } from '~/components/typed.ts'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { command, workspaceFlags } from '~/modules/specs/shell.ts'
import { useWorkspace, useWorkspacePath } from '~/modules/workspace.tsx'
import { Configure } from './Configure.tsx'
import { type Family, holdings, nameOfFamily } from './holdings.ts'
import { UsageTable } from './UsageTable.tsx'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalL,
    marginBottom: tokens.spacingVerticalM,
  },
  search: { minWidth: 0, width: '260px', maxWidth: '100%' },
  note: { marginTop: tokens.spacingVerticalL, maxWidth: '80ch', display: 'block' },
})

/** How many cores are held, by whom, and how many may be. */
export function Quota() {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const path = useWorkspacePath()
  const navigate = useNavigate()
  const search = useSearch({ from: '/w/$ws/quota' })
  const places = useQuery(locations(ws))
  const location = search.location ?? places.data?.find((l) => l.isDefault)?.name ?? places.data?.[0]?.name ?? ''
  const cores = useQuery({ ...usage(ws, location), enabled: location !== '' })
  const shapes = useQuery(sizes(ws, location, 'Dedicated'))
  const all = useQuery(computes(ws))
  const to = (change: typeof search, typing = false) =>
    void navigate({ to: '.', search: ((was: object) => ({ ...was, ...change })) as never, replace: typing })
  const [typed, type] = useTyped(search.q ?? '', (q) => to({ q: q || undefined }, true))
  const failed = places.error ?? cores.error ?? shapes.error ?? all.error
  const view = search.view === 'configure' ? 'configure' : 'usage'
  const families =
    cores.data && shapes.data && all.data
      ? holdings(all.data, shapes.data, cores.data.quotas, location, path)
      : undefined
  const asked = typed.trim().toLowerCase()
  const fits = (f: Family) =>
    asked
      ? nameOfFamily(t, f).toLowerCase().includes(asked) || f.name.toLowerCase().includes(asked)
      : search.f?.includes('all') || f.holders.length > 0 || f.limit >= 0
  const shown = families?.filter(fits)
  const tab = (name: 'usage' | 'configure') => ({
    to: '/w/$ws/quota' as const,
    params: { ws: ws.name },
    search: { ...search, view: name === 'usage' ? undefined : name },
    label: t(`quota.tab.${name}`),
    current: view === name,
  })
  return (
    <>
      <PageHeader title={t('quota.title')} lead={<Body1>{t('quota.lead')}</Body1>} />
      <RouteTabs label={t('quota.title')} tabs={[tab('usage'), tab('configure')]} />
      <div className={styles.bar}>
        <Select aria-label={t('quota.location')} value={location} onChange={(_, d) => to({ location: d.value })}>
          {places.data?.map((l) => (
            <option key={l.name} value={l.name}>
              {l.displayName || l.name}
            </option>
          ))}
        </Select>
        <SearchBox
          className={styles.search}
          aria-label={t('quota.filter')}
          placeholder={t('quota.filter')}
          value={typed}
          onChange={(_, d) => type(d.value)}
        />
        <Switch
          label={t('quota.all')}
          checked={search.f?.includes('all') ?? false}
          onChange={(_, d) => to({ f: d.checked ? ['all'] : undefined })}
        />
      </div>
      {failed && (
        <Failure
          error={failed}
          retry={() => void Promise.all([places.refetch(), cores.refetch(), shapes.refetch(), all.refetch()])}
        />
      )}
      {!shown ? (
        !failed && <Loading />
      ) : asked && shown.length === 0 ? (
        <Empty
          title={t('view.empty.match')}
          action={
            <Button
              onClick={() => {
                type('')
                to({ q: undefined })
              }}
            >
              {t('action.clearFilters')}
            </Button>
          }
        />
      ) : view === 'configure' ? (
        <Configure families={shown} location={location} />
      ) : shown.length === 0 ? (
        <Empty
          title={t('quota.none')}
          action={<FluentLink onClick={() => to({ f: ['all'] })}>{t('quota.all')}</FluentLink>}
          cli={command(['atelier compute sizes --available', ...workspaceFlags({ ws })])}
          copyLabel={t('action.copyCli')}
        >
          {t('quota.none.help')}
        </Empty>
      ) : (
        <UsageTable families={shown} />
      )}
      <Body1 className={styles.note}>{t('quota.note')}</Body1>
    </>
  )
}
