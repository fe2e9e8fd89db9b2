import { makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useIntl } from 'react-intl'
import { events } from '~/api/queries/job.ts'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { type GoneNode, goneNodes } from './clusterFacts.ts'

const useStyles = makeStyles({
  root: { marginTop: tokens.spacingVerticalXXL },
  title: { fontSize: tokens.fontSizeBase400, margin: `0 0 ${tokens.spacingVerticalS}` },
  why: { display: 'flex', flexDirection: 'column' },
  message: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

/** Nodes that are not there any more, and why: one that goes in a moment would otherwise never be explained. */
export function GoneNodes({ name }: { name: string }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { messages } = useIntl()
  const { data } = useInfiniteQuery(events(ws, { target: `computes/${name}` }))
  const gone = goneNodes((data?.pages ?? []).toReversed().flatMap((p) => p.value))
  if (gone.length === 0) return null
  const columns: Column<GoneNode>[] = [
    { id: 'node', header: t('details.node'), main: true, cell: (n) => n.name },
    { id: 'state', header: t('details.state'), card: true, cell: (n) => <StateBadge kind="node" state={n.state} /> },
    {
      id: 'why',
      header: t('details.gone.why'),
      card: true,
      cell: (n) => {
        const id = `event.reason.${n.reason}`
        return (
          <span className={styles.why} data-problem={n.reason}>
            <span>{id in messages ? t(id as MessageId) : n.reason}</span>
            {n.message && (
              <span className={styles.message} lang="en">
                {n.message}
              </span>
            )}
          </span>
        )
      },
    },
    { id: 'at', header: t('event.column.time'), card: true, cell: (n) => <Ago at={n.at} /> },
  ]
  return (
    <section className={styles.root} aria-labelledby="gone">
      <h2 id="gone" className={styles.title}>
        {t('details.gone.nodes')}
      </h2>
      <DataTable
        label={t('details.gone.nodes')}
        columns={columns}
        rows={gone}
        rowKey={(n) => n.name}
        rowName={(n) => n.name}
      />
    </section>
  )
}
