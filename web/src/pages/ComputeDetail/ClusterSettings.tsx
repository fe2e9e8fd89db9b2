import { Button, Field, Input, makeStyles, Radio, RadioGroup, Textarea, tokens } from '@fluentui/react-components'
import { LockClosedRegular } from '@fluentui/react-icons'
import { useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { Controller, type UseFormReturn, useForm } from 'react-hook-form'
import { begin } from '~/api/http.ts'
import { keys } from '~/api/keys.ts'
import { useFreshness } from '~/api/live.ts'
import { computePath } from '~/api/queries/compute.ts'
import { type ClusterProps, type Compute, may } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { Form } from '~/components/Form.tsx'
import { Panel, PanelGrid, PropertyList } from '~/components/Panel.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { locationOf } from '~/modules/computeKinds.ts'
import { accepted, asking, refused } from '~/modules/operations.ts'
import { parseSeconds } from '~/modules/specs/numbers.ts'
import { workspaceFlags } from '~/modules/specs/shell.ts'
import { useToasts } from '~/modules/toast.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import {
  isEmpty,
  type Problems,
  type SettingsValues,
  settingsCli,
  settingsPatch,
  settingsProblems,
  settingsValues,
} from './clusterSettings.ts'
import { SettingsPreview } from './SettingsPreview.tsx'

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalM },
  row: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(220px, 100%), 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'start',
  },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  lock: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  side: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL, minWidth: 0 },
})

/** What of the cluster can be changed, and, locked, what cannot. */
export function ClusterSettings(props: { compute: Compute; cluster: ClusterProps; gone: boolean }) {
  const { compute: c, cluster, gone } = props
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const was = settingsValues(c)
  // What others change meanwhile comes in, but not over what is being typed.
  const form = useForm<SettingsValues>({ values: was, resetOptions: { keepDirtyValues: true } })
  const values = form.watch()
  const problems = settingsProblems(values)
  const patch = settingsPatch(values, was)
  const { save, saving } = useSave(c, form)
  const freshness = useFreshness()
  const denied = gone
    ? t('details.gone.reason', { name: c.name })
    : freshness.state === 'reconnecting'
      ? t('stale.reason')
      : !may(c, 'write')
        ? t('denied.reason', { action: 'computes/write' })
        : !isEmpty(problems)
          ? t('details.settings.fix')
          : isEmpty(patch)
            ? t('details.settings.same')
            : undefined
  const submit = () => {
    if (!denied && !saving) void save(patch)
  }
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) submit()
  }
  return (
    <PanelGrid>
      <Panel title={t('details.settings.edit')}>
        <Form className={styles.form} onKeyDown={onKey} onSubmit={submit}>
          <Fields form={form} problems={problems} />
          <div className={styles.buttons}>
            <ActionButton type="submit" appearance="primary" denied={denied} disabledFocusable={saving}>
              {t('action.update')}
            </ActionButton>
            <Button disabledFocusable={isEmpty(patch) && isEmpty(problems)} onClick={() => form.reset(was)}>
              {t('details.settings.discard')}
            </Button>
          </div>
        </Form>
      </Panel>
      <div className={styles.side}>
        {!isEmpty(patch) && isEmpty(problems) && (
          <>
            <SettingsPreview compute={c} patch={patch} />
            <Panel title={t('details.settings.cli')}>
              <CodeBlock
                code={settingsCli(c.name, values, was, workspaceFlags({ ws }))}
                label={t('details.settings.cli')}
                copyLabel={t('action.copyCli')}
              />
              {patch.identity !== undefined && <p>{t('details.settings.cli.identity')}</p>}
            </Panel>
          </>
        )}
        <Actual compute={c} cluster={cluster} />
        <Locked compute={c} cluster={cluster} />
      </div>
    </PanelGrid>
  )
}

function useSave(c: Compute, form: UseFormReturn<SettingsValues>) {
  const t = useText()
  const ws = useWorkspace()
  const client = useQueryClient()
  const say = useToasts()
  const [saving, setSaving] = useState(false)
  const save = async (patch: object) => {
    setSaving(true)
    const op = asking('update', `computes/${c.name}`)
    try {
      accepted(op, await begin('PATCH', computePath(ws, c.name), { body: patch }))
      say.done(t('details.settings.saved', { name: c.name }))
      form.reset(form.getValues())
    } catch (error) {
      refused(op, error)
      say.refused(t('details.settings.refused', { name: c.name }), error)
    }
    setSaving(false)
    void client.invalidateQueries({ queryKey: keys.compute(c.name) })
  }
  return { save, saving }
}

function Fields({ form, problems }: { form: UseFormReturn<SettingsValues>; problems: Problems }) {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const values = form.watch()
  const said = (name: keyof SettingsValues) => {
    const p = problems[name]
    return p ? { validationState: 'error' as const, validationMessage: t(p.id, p.values) } : {}
  }
  const text = (name: keyof SettingsValues, numeric = false) => (
    <Controller
      control={form.control}
      name={name}
      render={({ field }) => (
        <Input
          value={field.value}
          onChange={(_, d) => field.onChange(d.value)}
          onBlur={field.onBlur}
          inputMode={numeric ? 'numeric' : 'text'}
        />
      )}
    />
  )
  const area = (name: keyof SettingsValues) => (
    <Controller
      control={form.control}
      name={name}
      render={({ field }) => (
        <Textarea
          resize="vertical"
          value={field.value}
          onChange={(_, d) => field.onChange(d.value)}
          onBlur={field.onBlur}
        />
      )}
    />
  )
  const idle = parseSeconds(values.idle)
  return (
    <>
      <div className={styles.row}>
        <Field label={t('details.min')} {...said('min')} hint={t('details.settings.min.help')}>
          {text('min', true)}
        </Field>
        <Field label={t('details.max')} {...said('max')}>
          {text('max', true)}
        </Field>
        <Field
          label={t('details.idle')}
          {...said('idle')}
          hint={idle === undefined ? t('details.settings.idle.help') : `= ${format.duration(idle * 1000)}`}
        >
          {text('idle')}
        </Field>
      </div>
      <Field label={t('details.description')}>{area('description')}</Field>
      <Field label={t('details.tags')} {...said('tags')} hint={t('details.settings.tags.help')}>
        {area('tags')}
      </Field>
      <Field label={t('details.identity')}>
        <Controller
          control={form.control}
          name="identityKind"
          render={({ field }) => (
            <RadioGroup value={field.value} onChange={(_, d) => field.onChange(d.value)}>
              <Radio value="none" label={t('none')} />
              <Radio value="system" label={t('details.identity.system')} />
              <Radio value="user" label={t('details.identity.user')} />
            </RadioGroup>
          )}
        />
      </Field>
      {values.identityKind === 'user' && (
        <Field label={t('details.identity.ids')} {...said('identityIds')} hint={t('details.identity.ids.help')}>
          {area('identityIds')}
        </Field>
      )}
    </>
  )
}

/** What was asked for beside what is. */
function Actual({ compute: c, cluster }: { compute: Compute; cluster: ClusterProps }) {
  const t = useText()
  const { minNodeCount: min, maxNodeCount: max } = cluster.scaleSettings
  return (
    <Panel title={t('details.settings.actual')}>
      <PropertyList
        items={[
          { label: t('details.settings.desired'), value: t('details.settings.range', { min, max }) },
          { label: t('node.target'), value: cluster.targetNodeCount ?? 0 },
          { label: t('node.current'), value: cluster.currentNodeCount ?? 0 },
          {
            label: t('details.provisioning'),
            value: t(`state.${c.properties.provisioningState}` as 'state.Succeeded'),
          },
        ]}
      />
    </Panel>
  )
}

function Locked({ compute: c, cluster }: { compute: Compute; cluster: ClusterProps }) {
  const t = useText()
  const styles = useStyles()
  const locked = (label: string, value: string) => ({
    label,
    value: (
      <span className={styles.lock}>
        <LockClosedRegular aria-hidden="true" />
        {value}
      </span>
    ),
  })
  return (
    <Panel title={t('details.settings.locked')}>
      <p>{t('details.settings.locked.help')}</p>
      <PropertyList
        items={[
          locked(t('details.location'), locationOf(c)),
          locked(t('details.size'), cluster.vmSize),
          locked(t('details.priority'), t(`priority.${cluster.vmPriority}`)),
          locked(
            t('details.ssh'),
            cluster.userAccountCredentials
              ? t('details.ssh.user', { user: cluster.userAccountCredentials.adminUserName })
              : t('details.ssh.off'),
          ),
          locked(t('details.subnet'), cluster.subnet?.id ?? t('none')),
        ]}
      />
    </Panel>
  )
}
