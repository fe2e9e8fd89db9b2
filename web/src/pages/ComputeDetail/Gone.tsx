import { useQuery } from '@tanstack/react-query'
import { computes } from '~/api/queries/compute.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useText } from '~/i18n/text.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { DeletedBanner as Banner, NotThere } from '~/modules/tombstone.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { nearNames } from './near.ts'

/** The compute went while somebody looked at it. */
export function DeletedBanner({ name }: { name: string }) {
  const t = useText()
  return <Banner target={`computes/${name}`} name={name} otherwise={t('details.deleted', { name })} />
}

/** No compute has the name. */
export function NotFound({ name }: { name: string }) {
  const t = useText()
  const ws = useWorkspace()
  const { data = [] } = useQuery(computes(ws))
  const near = nearNames(
    name,
    data.map((c) => c.name),
  )
  return (
    <NotThere
      target={`computes/${name}`}
      what={t('details.compute')}
      name={name}
      near={data
        .filter((c) => near.includes(c.name))
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
      all={
        <TextLink to="/w/$ws/compute/$tab" params={{ ws: ws.name, tab: 'clusters' }}>
          {t('details.allComputes')}
        </TextLink>
      }
    />
  )
}
