import { Field, Input, makeStyles, Switch, tokens } from '@fluentui/react-components'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '~/api/keys.ts'
import { useFreshness } from '~/api/live.ts'
import { updateIdleShutdown } from '~/api/queries/compute.ts'
import type { Compute, InstanceProps, Schedule } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Form } from '~/components/Form.tsx'
import { Banner } from '~/components/Notice.tsx'
import { Panel } from '~/components/Panel.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { isoDuration, parseSeconds } from '~/modules/specs/numbers.ts'
import { useToasts } from '~/modules/toast.tsx'
import { warningText } from '~/modules/warningText.ts'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { warningsOf } from './facts.tsx'
import { idleProblem, planOf } from './instanceFacts.ts'

const useStyles = makeStyles({
  page: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL },
  form: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: tokens.spacingHorizontalL },
  button: { marginTop: '26px' },
})

type Props = { compute: Compute; instance: InstanceProps; gone: boolean }

/** When the instance is stopped for want of work, and the schedules that are kept for it. */
export function InstanceSchedules(props: Props) {
  const styles = useStyles()
  return (
    <div className={styles.page}>
      <IdleShutdown {...props} />
      <Schedules compute={props.compute} instance={props.instance} />
    </div>
  )
}

function IdleShutdown({ compute: c, instance, gone }: Props) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const ws = useWorkspace()
  const client = useQueryClient()
  const say = useToasts()
  const freshness = useFreshness()
  const mayNot = useDenied('computes/updateIdleShutdownSetting/action')
  const was = parseSeconds(instance.idleTimeBeforeShutdown ?? '') ?? 0
  const [edited, setEdited] = useState<{ on: boolean; text: string }>()
  const { on, text } = edited ?? { on: was > 0, text: String((was || 1800) / 60) }
  const problem = on ? idleProblem(text) : undefined
  const wanted = on ? (parseSeconds(text, 'm') ?? 0) : 0
  const denied = gone
    ? t('details.gone.reason', { name: c.name })
    : freshness.state === 'reconnecting'
      ? t('stale.reason')
      : (mayNot ?? (problem ? t(problem) : wanted === was ? t('details.settings.same') : undefined))
  const save = async () => {
    try {
      await updateIdleShutdown(ws, c.name, wanted > 0 ? isoDuration(wanted) : null)
      say.done(t('details.settings.saved', { name: c.name }))
      setEdited(undefined)
    } catch (error) {
      say.refused(t('details.settings.refused', { name: c.name }), error)
    }
    void client.invalidateQueries({ queryKey: keys.compute(c.name) })
  }
  return (
    <Panel title={t('details.idleShutdown')}>
      <Form className={styles.form} onSubmit={() => !denied && void save()}>
        <Switch
          label={t('details.idleShutdown.on')}
          checked={on}
          onChange={(_, d) => setEdited({ on: d.checked, text })}
        />
        {on && (
          <Field
            label={t('details.idleShutdown.minutes')}
            validationState={problem ? 'error' : 'none'}
            validationMessage={problem && t(problem)}
            hint={problem ? undefined : `= ${format.duration(wanted * 1000)}`}
          >
            <Input value={text} onChange={(_, d) => setEdited({ on, text: d.value })} />
          </Field>
        )}
        <ActionButton type="submit" appearance="primary" denied={denied} className={styles.button}>
          {t('action.update')}
        </ActionButton>
      </Form>
    </Panel>
  )
}

function Schedules({ compute: c, instance }: { compute: Compute; instance: InstanceProps }) {
  const t = useText()
  const list = instance.schedules?.computeStartStop ?? []
  const warning = warningsOf(c).find((w) => w.target === 'schedules')
  const columns: Column<Schedule>[] = [
    {
      id: 'action',
      header: t('details.schedules.action'),
      main: true,
      cell: (s) => t(s.action === 'Start' ? 'action.start' : 'action.stop'),
    },
    { id: 'when', header: t('details.schedules.when'), card: true, cell: (s) => <When schedule={s} /> },
    {
      id: 'zone',
      header: t('details.schedules.zone'),
      card: true,
      cell: (s) => planOf(s).zone,
    },
    {
      id: 'status',
      header: t('details.state'),
      card: true,
      cell: (s) => t(s.status === 'Disabled' ? 'details.schedules.off' : 'details.apps.kept'),
    },
  ]
  return (
    <Panel title={t('details.view.schedules')}>
      {warning && (
        <Banner intent="warning">{warningText(t, warning) ?? <span lang="en">{warning.message}</span>}</Banner>
      )}
      {list.length === 0 ? (
        t('details.schedules.none')
      ) : (
        <DataTable
          label={t('details.view.schedules')}
          columns={columns}
          rows={list}
          rowKey={(s) => s.id}
          rowName={(s) => s.id}
        />
      )}
    </Panel>
  )
}

function When({ schedule }: { schedule: Schedule }) {
  const t = useText()
  const { cron, times, days, every } = planOf(schedule)
  if (cron) return <code>{cron}</code>
  return <>{[...days.map((d) => t(`details.day.${d}` as 'details.day.Monday')), ...times].join(' ') || every}</>
}
