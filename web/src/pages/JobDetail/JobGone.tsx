import { makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { events, jobs } from '~/api/queries/job.ts'
import { Banner } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { isSystem } from '~/modules/eventText.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

const useStyles = makeStyles({
  links: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, marginTop: tokens.spacingVerticalL },
})

/** Who deleted the job of the name, and when; undefined when nothing tells. */
function useDeletion(name: string): { at: string; actor: string } | undefined {
  const t = useText()
  const ws = useWorkspace()
  const { data } = useInfiniteQuery(events(ws, { target: `jobs/${name}` }))
  const path = `/jobs/${name}`.toLowerCase()
  const end = data?.pages[0]?.value.findLast((e) => e.verb === 'deleted' && e.target.toLowerCase().endsWith(path))
  return end && { at: end.at, actor: isSystem(end.actor) ? t('event.system') : end.actor }
}

function EventsLink({ name }: { name: string }) {
  const t = useText()
  const ws = useWorkspace()
  return (
    <TextLink to="/w/$ws/activity" params={{ ws: ws.name }} search={{ target: `jobs/${name}` }}>
      {t('view.deleted.events')}
    </TextLink>
  )
}

/** The job went while somebody looked at it: what they see is how it was last. */
export function JobDeleted({ name }: { name: string }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const end = useDeletion(name)
  return (
    <Banner intent="warning" actions={<EventsLink name={name} />}>
      {end
        ? t('view.deleted', { name, actor: end.actor, time: format.ago(end.at, now) })
        : t('view.notFound', { what: t('job.what'), name })}
    </Banner>
  )
}

/** No job has the name: what became of it, and which have names like it. */
export function JobNotFound({ name }: { name: string }) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  const end = useDeletion(name)
  const like = useInfiniteQuery(jobs(ws, { search: name.slice(0, Math.max(3, Math.ceil(name.length / 2))) }))
  const near = like.data?.pages[0]?.value.slice(0, 5) ?? []
  return (
    <>
      <PageHeader title={t('view.notFound', { what: t('job.what'), name })} />
      {end && <p>{t('view.notFound.gone', { time: format.time(end.at), actor: end.actor })}</p>}
      {near.length > 0 && (
        <>
          <h2>{t('view.notFound.near')}</h2>
          <ul>
            {near.map((j) => (
              <li key={j.name}>
                <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name: j.name, view: 'overview' }}>
                  {j.properties.displayName || j.name}
                </TextLink>
              </li>
            ))}
          </ul>
        </>
      )}
      <div className={styles.links}>
        <TextLink to="/w/$ws/jobs" params={{ ws: ws.name }}>
          {t('job.all')}
        </TextLink>
        {end && <EventsLink name={name} />}
      </div>
    </>
  )
}
