import { makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { computes } from '~/api/queries/compute.ts'
import { events } from '~/api/queries/job.ts'
import { Banner } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { tabOf } from '~/modules/computeKinds.ts'
import { isSystem, partOf } from '~/modules/eventText.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { nearNames } from './near.ts'

const useStyles = makeStyles({
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXL },
  links: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, marginTop: tokens.spacingVerticalL },
})

/** Who deleted the compute of the name last, and when; undefined when nothing tells. */
function useDeletion(name: string): { at: string; actor: string } | undefined {
  const t = useText()
  const ws = useWorkspace()
  const { data } = useInfiniteQuery(events(ws, { target: `computes/${name}` }))
  const own = (data?.pages ?? [])
    .toReversed()
    .flatMap((p) => p.value)
    .filter((e) => partOf(e.target).path.toLowerCase() === `computes/${name}`.toLowerCase())
  const end = own.findLast((e) => e.verb === 'deleted')
  if (!end) return undefined
  const asked = own.findLast((e) => e.uid === end.uid && e.reason === 'DeleteRequested')
  const actor = asked?.actor ?? end.actor
  return { at: end.at, actor: isSystem(actor) ? t('event.system') : actor }
}

function EventsLink({ name }: { name: string }) {
  const t = useText()
  const ws = useWorkspace()
  return (
    <TextLink to="/w/$ws/activity" params={{ ws: ws.name }} search={{ target: `computes/${name}` }}>
      {t('view.deleted.events')}
    </TextLink>
  )
}

/** The compute went while somebody looked at it: what they see is how it was last. */
export function DeletedBanner({ name }: { name: string }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const end = useDeletion(name)
  return (
    <Banner intent="warning" actions={<EventsLink name={name} />}>
      <span data-deleted={name}>
        {end
          ? t('view.deleted', { name, actor: end.actor, time: format.ago(end.at, now) })
          : t('details.deleted', { name })}
      </span>
    </Banner>
  )
}

/** No compute has the name: what it may have been, and which have names like it. */
export function NotFound({ name }: { name: string }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const ws = useWorkspace()
  const { data } = useQuery(computes(ws))
  const end = useDeletion(name)
  const near = nearNames(name, data?.map((c) => c.name) ?? [])
  return (
    <>
      <PageHeader title={t('view.notFound', { what: t('details.compute'), name })} />
      {end && <p data-tombstone={name}>{t('view.notFound.gone', { time: format.time(end.at), actor: end.actor })}</p>}
      {near.length > 0 && (
        <>
          <h2>{t('view.notFound.near')}</h2>
          <ul className={styles.list}>
            {data
              ?.filter((c) => near.includes(c.name))
              .map((c) => (
                <li key={c.name}>
                  <TextLink
                    to="/w/$ws/compute/$tab/$name/$view"
                    params={{ ws: ws.name, tab: tabOf(c), name: c.name, view: 'overview' }}
                  >
                    {c.name}
                  </TextLink>
                </li>
              ))}
          </ul>
        </>
      )}
      <div className={styles.links}>
        <TextLink to="/w/$ws/compute/$tab" params={{ ws: ws.name, tab: 'clusters' }}>
          {t('details.allComputes')}
        </TextLink>
        {end && <EventsLink name={name} />}
      </div>
    </>
  )
}
