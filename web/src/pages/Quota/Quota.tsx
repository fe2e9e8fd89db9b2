import { Body1, Link as FluentLink, makeStyles, Select, Switch, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { computes, sizes, usage } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import { Empty, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { useWorkspace, useWorkspacePath } from '~/modules/workspace.tsx'
import { Configure } from './Configure.tsx'
import { holdings } from './holdings.ts'
import { UsageTable } from './UsageTable.tsx'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalL,
    marginBottom: tokens.spacingVerticalM,
  },
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
  const to = (change: Partial<typeof search>) =>
    void navigate({ to: '.', search: { ...search, ...change } as never, replace: true })
  const failed = places.error ?? cores.error ?? shapes.error ?? all.error
  const view = search.view === 'configure' ? 'configure' : 'usage'
  const families =
    cores.data && shapes.data && all.data
      ? holdings(all.data, shapes.data, cores.data.quotas, location, path)
      : undefined
  const shown = families?.filter((f) => search.f?.includes('all') || f.holders.length > 0 || f.limit >= 0)
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
        <Switch
          label={t('quota.all')}
          checked={search.f?.includes('all') ?? false}
          onChange={(_, d) => to({ f: d.checked ? ['all'] : undefined })}
        />
      </div>
      {failed ? (
        <Failure
          error={failed}
          retry={() => void Promise.all([places.refetch(), cores.refetch(), shapes.refetch(), all.refetch()])}
        />
      ) : !shown ? (
        <Loading />
      ) : view === 'configure' ? (
        <Configure families={shown} location={location} />
      ) : shown.length === 0 ? (
        <Empty
          title={t('quota.none')}
          action={<FluentLink onClick={() => to({ f: ['all'] })}>{t('quota.all')}</FluentLink>}
          cli="atelier compute sizes --available"
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
