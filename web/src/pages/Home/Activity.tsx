import { makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useIntl } from 'react-intl'
import { events } from '~/api/queries/job.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { eventLines, isSystem } from '~/modules/eventText.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { Card, Line } from './Card.tsx'

const most = 8

const useStyles = makeStyles({ path: { overflowWrap: 'anywhere', color: tokens.colorNeutralForeground2 } })

/** What happened last, the newest first. */
export function Activity() {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { messages } = useIntl()
  const query = useInfiniteQuery(events(ws))
  const lines = useMemo(() => {
    const newest = query.data?.pages[0]?.value ?? []
    return eventLines(newest, t, (id) => id in messages)
      .filter((l) => !l.routine && l.part.kind !== 'tasks' && l.part.kind !== 'nodes')
      .slice(-most)
      .reverse()
  }, [query.data, t, messages])
  return (
    <Card
      title={t('home.activity')}
      queries={[query]}
      empty={lines.length === 0 ? t('home.activity.none') : undefined}
      actions={
        <TextLink to="/w/$ws/activity" params={{ ws: ws.name }}>
          {t('home.activity.all')}
        </TextLink>
      }
    >
      {lines.map(({ event, part, words }) => (
        <Line key={event.seq} end={<Ago at={event.at} />}>
          <span>{words}</span>
          <span className={styles.path}>
            {part.path || part.name} · {isSystem(event.actor) ? t('event.system') : event.actor}
          </span>
        </Line>
      ))}
    </Card>
  )
}
