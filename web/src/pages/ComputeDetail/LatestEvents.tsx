import { makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useIntl } from 'react-intl'
import { events } from '~/api/queries/job.ts'
import type { Compute } from '~/api/types.ts'
import { Panel } from '~/components/Panel.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useText } from '~/i18n/text.tsx'
import { When } from '~/modules/Ago.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { eventLines } from '~/modules/eventText.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

const shown = 8

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  line: {
    display: 'grid',
    gridTemplateColumns: '96px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    paddingBlock: tokens.spacingVerticalXXS,
  },
  time: { color: tokens.colorNeutralForeground2, fontVariantNumeric: 'tabular-nums' },
  about: { color: tokens.colorNeutralForeground2 },
})

/** The last that happened to a compute. */
export function LatestEvents({ compute: c }: { compute: Compute }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { messages } = useIntl()
  const { data } = useInfiniteQuery(events(ws, { target: `computes/${c.name}` }))
  const all = (data?.pages ?? []).toReversed().flatMap((p) => p.value)
  const lines = eventLines(all, t, (id) => id in messages)
    .filter((l) => !l.routine)
    .slice(-shown)
    .reverse()
  return (
    <Panel
      title={t('event.table')}
      actions={
        <TextLink
          to="/w/$ws/compute/$tab/$name/$view"
          params={{ ws: ws.name, tab: tabOf(c), name: c.name, view: 'events' }}
        >
          {t('details.allEvents')}
        </TextLink>
      }
    >
      <ul className={styles.list}>
        {lines.map(({ event, words, part }) => (
          <li key={event.seq} className={styles.line}>
            <span className={styles.time}>
              <When at={event.at} brief />
            </span>
            <span>
              {words}
              {part.kind !== 'computes' && <span className={styles.about}> · {part.name}</span>}
            </span>
          </li>
        ))}
      </ul>
      {lines.length === 0 && t('event.none')}
    </Panel>
  )
}
