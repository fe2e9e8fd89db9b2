import type { Compute } from '~/api/types.ts'
import { Empty } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { EventList } from '~/modules/EventList.tsx'
import { JobTable } from '~/modules/JobTable.tsx'
import { AttachedHealth } from './AttachedHealth.tsx'
import { AttachedOverview } from './AttachedOverview.tsx'
import { DetailHeader } from './DetailHeader.tsx'
import { LeaveButton } from './LeaveButton.tsx'

const views = ['overview', 'health', 'jobs', 'events'] as const

/** What there is to see of a compute whose machines are not Atelier's: attached, or an inference cluster. */
export function AttachedDetail({ compute, view, gone }: { compute: Compute; view: string; gone: boolean }) {
  const t = useText()
  const { name } = compute
  const shown = views.find((v) => v === view) ?? 'overview'
  return (
    <>
      <DetailHeader
        compute={compute}
        aside={t(`type.${compute.properties.computeType}`)}
        actions={<LeaveButton compute={compute} gone={gone} />}
        views={views}
        view={shown}
      />
      {shown === 'overview' && <AttachedOverview compute={compute} />}
      {shown === 'health' && <AttachedHealth compute={compute} gone={gone} />}
      {shown === 'jobs' && (
        <JobTable
          compute={name}
          empty={<Empty title={t('attached.noJobs', { name })}>{t('attached.noJobs.help')}</Empty>}
        />
      )}
      {shown === 'events' && <EventList target={`computes/${name}`} />}
    </>
  )
}
