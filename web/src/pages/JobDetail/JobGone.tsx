import { useInfiniteQuery } from '@tanstack/react-query'
import { jobs } from '~/api/queries/job.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useText } from '~/i18n/text.tsx'
import { DeletedBanner, NotThere } from '~/modules/tombstone.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

/** The job went while somebody looked at it. */
export function JobDeleted({ name }: { name: string }) {
  const t = useText()
  return (
    <DeletedBanner target={`jobs/${name}`} name={name} otherwise={t('view.notFound', { what: t('job.what'), name })} />
  )
}

/** No job has the name. */
export function JobNotFound({ name }: { name: string }) {
  const t = useText()
  const ws = useWorkspace()
  const like = useInfiniteQuery(jobs(ws, { search: name.slice(0, Math.max(3, Math.ceil(name.length / 2))) }))
  return (
    <NotThere
      target={`jobs/${name}`}
      what={t('job.what')}
      name={name}
      near={(like.data?.pages[0]?.value ?? []).slice(0, 5).map((j) => (
        <li key={j.name}>
          <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name: j.name, view: 'overview' }}>
            {j.properties.displayName || j.name}
          </TextLink>
        </li>
      ))}
      all={
        <TextLink to="/w/$ws/jobs" params={{ ws: ws.name }}>
          {t('job.all')}
        </TextLink>
      }
    />
  )
}
