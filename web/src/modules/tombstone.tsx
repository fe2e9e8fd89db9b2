/** What is told of something that is not there any more: who deleted it, and when, as its events have it. */
import { makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { events } from '~/api/queries/job.ts'
import { Banner } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from './clock.ts'
import { isSystem, partOf } from './eventText.ts'
import { useWorkspace } from './workspace.tsx'

const useStyles = makeStyles({
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXL },
  links: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, marginTop: tokens.spacingVerticalL },
})

/** Who deleted the last one of the target ("computes/gpu"), and when; undefined when nothing tells. */
function useDeletion(target: string): { at: string; actor: string } | undefined {
  const t = useText()
  const ws = useWorkspace()
  const { data } = useInfiniteQuery(events(ws, { target }))
  const own = (data?.pages ?? [])
    .toReversed()
    .flatMap((p) => p.value)
    .filter((e) => partOf(e.target).path.toLowerCase() === target.toLowerCase())
  const end = own.findLast((e) => e.verb === 'deleted')
  if (!end) return undefined
  const asked = own.findLast((e) => e.uid === end.uid && e.reason === 'DeleteRequested')
  const actor = asked?.actor ?? end.actor
  return { at: end.at, actor: isSystem(actor) ? t('event.system') : actor }
}

function EventsLink({ target }: { target: string }) {
  const t = useText()
  const ws = useWorkspace()
  return (
    <TextLink to="/w/$ws/activity" params={{ ws: ws.name }} search={{ target }}>
      {t('view.deleted.events')}
    </TextLink>
  )
}

/** It went while somebody looked at it: what they see is how it was last. Otherwise is said while nobody knows more. */
export function DeletedBanner({ target, name, otherwise }: { target: string; name: string; otherwise: string }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const end = useDeletion(target)
  return (
    <Banner intent="warning" actions={<EventsLink target={target} />}>
      <span data-deleted={name}>
        {end ? t('view.deleted', { name, actor: end.actor, time: format.ago(end.at, now) }) : otherwise}
      </span>
    </Banner>
  )
}

/** Nothing has the name: what became of it, links to what has names like it, and to all that there is. */
export function NotThere(props: { target: string; what: string; name: string; near: ReactNode[]; all: ReactNode }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const end = useDeletion(props.target)
  return (
    <>
      <PageHeader title={t('view.notFound', { what: props.what, name: props.name })} />
      {end && (
        <p data-tombstone={props.name}>{t('view.notFound.gone', { time: format.time(end.at), actor: end.actor })}</p>
      )}
      {props.near.length > 0 && (
        <>
          <h2>{t('view.notFound.near')}</h2>
          <ul className={styles.list}>{props.near}</ul>
        </>
      )}
      <div className={styles.links}>
        {props.all}
        {end && <EventsLink target={props.target} />}
      </div>
    </>
  )
}
