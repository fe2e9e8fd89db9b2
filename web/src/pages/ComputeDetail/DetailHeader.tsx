import { makeStyles, shorthands, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import type { Compute } from '~/api/types.ts'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useClock } from '~/modules/clock.ts'
import { tabOf } from '~/modules/computeKinds.ts'
import { ComputeState } from '~/modules/computeState.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

const useStyles = makeStyles({
  crumbs: {
    display: 'flex',
    flexWrap: 'wrap',
    ...shorthands.margin(0, 0, tokens.spacingVerticalXS),
    ...shorthands.padding(0),
    listStyleType: 'none',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
  },
  crumb: {
    display: 'inline-flex',
    alignItems: 'center',
    minHeight: '24px',
    ':not(:first-child)::before': { content: '"›"', marginInline: tokens.spacingHorizontalXS },
  },
  age: { color: tokens.colorNeutralForeground2 },
})

/** Where the compute is, its name and state, what can be done with it, and the tabs of its page. */
export function DetailHeader(props: {
  compute: Compute
  /** Since when it is in the state that it is in. */
  since?: string | null | undefined
  aside?: ReactNode
  actions: ReactNode
  views: readonly string[]
  view: string
  counts?: Record<string, number | undefined>
}) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const { since } = props
  const age = useClock((now) => (since ? format.duration(Math.max(0, now - Date.parse(since))) : ''))
  const ws = useWorkspace()
  const c = props.compute
  const tab = tabOf(c)
  return (
    <>
      <nav aria-label={t('details.path')}>
        <ol className={styles.crumbs}>
          <li className={styles.crumb}>{t('compute.title')}</li>
          <li className={styles.crumb}>
            <TextLink to="/w/$ws/compute/$tab" params={{ ws: ws.name, tab }}>
              {t(`details.tab.${tab}`)}
            </TextLink>
          </li>
        </ol>
      </nav>
      <PageHeader
        title={c.name}
        aside={
          <>
            <ComputeState compute={c} />
            {age && <span className={styles.age}>{age}</span>}
            {props.aside}
          </>
        }
        actions={props.actions}
      />
      <RouteTabs
        label={t('details.tabs', { name: c.name })}
        tabs={props.views.map((view) => ({
          to: '/w/$ws/compute/$tab/$name/$view',
          params: { ws: ws.name, tab, name: c.name, view },
          label: t(`details.view.${view}` as MessageId),
          count: props.counts?.[view],
          current: view === props.view,
        }))}
      />
    </>
  )
}
