import { makeStyles, tokens } from '@fluentui/react-components'
import type { Compute, InstanceProps } from '~/api/types.ts'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Banner, Empty } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { warningText } from '~/modules/warningText.ts'
import { warningsOf } from './facts.tsx'

type Service = {
  name?: string
  image?: { reference?: string }
  endpoints?: { target?: number; published?: number | null }[]
}
type App = { name: string; what: string; ports: string; state: string }

const useStyles = makeStyles({ banner: { marginBottom: tokens.spacingVerticalM } })

/** The applications that were asked for; what is kept and not run yet says so. */
export function InstanceApps({ compute: c, instance }: { compute: Compute; instance: InstanceProps }) {
  const t = useText()
  const styles = useStyles()
  const warnings = warningsOf(c).filter((w) =>
    ['customServices', 'setupScripts', 'dataMounts'].includes(w.target ?? ''),
  )
  const kept: App[] = ((instance.customServices ?? []) as Service[]).map((s) => ({
    name: s.name ?? '–',
    what: s.image?.reference ?? '–',
    ports: (s.endpoints ?? []).map((e) => (e.published ? `${e.target} → ${e.published}` : String(e.target))).join(', '),
    state: t('details.apps.kept'),
  }))
  const running: App[] = (instance.applications ?? []).map((a) => ({
    name: a.displayName,
    what: a.endpointUri,
    ports: '',
    state: t('details.apps.ready'),
  }))
  const apps = [...running, ...kept]
  const columns: Column<App>[] = [
    { id: 'name', header: t('details.apps.name'), main: true, cell: (a) => a.name },
    { id: 'what', header: t('details.apps.image'), card: true, cell: (a) => a.what },
    { id: 'ports', header: t('details.apps.ports'), card: true, cell: (a) => a.ports || '–' },
    { id: 'state', header: t('details.state'), card: true, cell: (a) => a.state },
  ]
  return (
    <>
      <div className={styles.banner}>
        {warnings.map((w) => (
          <Banner key={w.target ?? w.message} intent="warning">
            {warningText(t, w) ?? <span lang="en">{w.message}</span>}
          </Banner>
        ))}
      </div>
      {apps.length === 0 ? (
        <Empty title={t('details.apps.none')}>{t('details.apps.none.help')}</Empty>
      ) : (
        <DataTable
          label={t('details.view.apps')}
          columns={columns}
          rows={apps}
          rowKey={(a) => a.name}
          rowName={(a) => a.name}
        />
      )}
    </>
  )
}
