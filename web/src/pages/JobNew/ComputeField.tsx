import { Button, Field, makeStyles, Select, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type Control, Controller } from 'react-hook-form'
import { computes } from '~/api/queries/compute.ts'
import { activeJobs } from '~/api/queries/job.ts'
import { type Compute, clusterOf, instanceOf } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { isOn } from '~/modules/computeKinds.ts'
import { StateBadge, stateOf } from '~/modules/StateBadge.tsx'
import { parseWhole } from '~/modules/specs/numbers.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import type { JobValues } from './tree.ts'

const useStyles = makeStyles({
  select: { maxWidth: '440px' },
  state: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    marginTop: tokens.spacingVerticalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
})

/** Computes that jobs can be sent to: those that are attached run none yet. */
const runsJobs = (c: Compute): boolean => Boolean(clusterOf(c) ?? instanceOf(c))

/** Which compute, how it is, and what would have to be waited for. */
export function ComputeField({ control, values }: { control: Control<JobValues>; values: JobValues }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const { data } = useQuery(computes(ws))
  const list = (data ?? []).filter(runsJobs)
  const chosen = list.find((c) => c.name.toLowerCase() === values.compute.toLowerCase())
  // A name that a file gave stays, also when there is no such compute: the server says so.
  const names = chosen || !values.compute ? list.map((c) => c.name) : [values.compute, ...list.map((c) => c.name)]
  if (data && list.length === 0 && !values.compute) {
    return (
      <Banner
        intent="warning"
        actions={
          <Button
            size="small"
            onClick={() => void navigate({ to: '/w/$ws/compute/new/$kind', params: { ws: ws.name, kind: 'cluster' } })}
          >
            {t('jobnew.compute.create')}
          </Button>
        }
      >
        {t('jobnew.compute.none')}
      </Banner>
    )
  }
  return (
    <Controller
      control={control}
      name="compute"
      render={({ field, fieldState }) => (
        <div>
          <Field label={t('jobnew.compute')} required validationMessage={fieldState.error?.message}>
            <Select
              ref={field.ref}
              name={field.name}
              className={styles.select}
              value={chosen?.name ?? field.value}
              onBlur={field.onBlur}
              onChange={(_, d) => field.onChange(d.value)}
            >
              <option value="">{t('jobnew.compute.choose')}</option>
              {names.map((name) => {
                const c = list.find((x) => x.name === name)
                return (
                  <option key={name} value={name}>
                    {c ? `${name} (${t(`type.${c.properties.computeType}` as MessageId)})` : name}
                  </option>
                )
              })}
            </Select>
          </Field>
          {chosen && <State compute={chosen} instances={parseWhole(values.instances) ?? 1} />}
        </div>
      )}
    />
  )
}

function State({ compute: c, instances }: { compute: Compute; instances: number }) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  const jobs = useQuery(activeJobs(ws, c.name)).data?.jobs
  const cluster = clusterOf(c)
  const counts = cluster?.nodeStateCounts
  const waiting = jobs?.filter((j) => j.properties.status === 'Queued').length ?? 0
  const running = (jobs?.length ?? 0) - waiting
  const wait = waitFor(c, instances)
  return (
    <>
      <div className={styles.state}>
        <StateBadge state={stateOf(c)} />
        {cluster && counts && (
          <span>
            {t('jobnew.compute.cluster', {
              current: cluster.currentNodeCount ?? 0,
              max: cluster.scaleSettings.maxNodeCount,
              idle: counts.idleNodeCount,
            })}
          </span>
        )}
        {jobs && <span>{t('jobnew.compute.jobs', { running, waiting })}</span>}
      </div>
      {wait && (
        <Banner intent={wait.bad ? 'warning' : 'info'}>
          <span data-wait={wait.id}>
            {t(wait.id, {
              name: c.name,
              state: t(`state.${stateOf(c)}` as MessageId),
              n: instances,
              max: format.number(cluster?.scaleSettings.maxNodeCount ?? 1),
            })}
          </span>
        </Banner>
      )}
    </>
  )
}

/** What the job would have to wait for, if anything. */
function waitFor(c: Compute, instances: number): { id: MessageId; bad?: boolean } | undefined {
  const cluster = clusterOf(c)
  const most = cluster?.scaleSettings.maxNodeCount ?? 1
  if (['Failed', 'CreateFailed', 'Unusable'].includes(stateOf(c))) return { id: 'jobnew.compute.failed', bad: true }
  if (instances > most) return { id: 'jobnew.compute.tooMany', bad: true }
  if (instanceOf(c) && !isOn(c)) return { id: 'jobnew.compute.stopped', bad: true }
  const counts = cluster?.nodeStateCounts
  if (!cluster || !counts || counts.idleNodeCount >= instances) return undefined
  const busy = counts.runningNodeCount + instances > most
  return { id: busy ? 'jobnew.compute.busy' : 'jobnew.compute.scale' }
}
