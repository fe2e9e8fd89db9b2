import { makeStyles, tokens, typographyStyles } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Control } from 'react-hook-form'
import { assets } from '~/api/queries/asset.ts'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { AreaField, ChoiceField, SelectField, TextField } from '~/modules/FormFields.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { ComputeField } from './ComputeField.tsx'
import { InputFields, OutputFields, PairFields } from './DataFields.tsx'
import { isMapping, type JobValues } from './tree.ts'

const useStyles = makeStyles({
  section: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL },
  title: { ...typographyStyles.subtitle2, margin: 0 },
  hint: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalXS },
})

function Section({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles()
  return (
    <section className={styles.section} aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      {children}
    </section>
  )
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how a command names an input
const example = '${{inputs.epochs}}'

type Props = { control: Control<JobValues>; values: JobValues; name: string; cli: string }

/** The fields of a job. */
export function JobForm({ control, values, name, cli }: Props) {
  const t = useText()
  const styles = useStyles()
  const rest = Object.keys(values.rest).filter((k) => k !== '$schema')
  return (
    <>
      {rest.length > 0 && <Banner intent="info">{t('jobnew.rest', { keys: rest.join(', ') })}</Banner>}
      <Section title={t('jobnew.section.basics')}>
        <ComputeField control={control} values={values} />
        <TextField
          control={control}
          name="instances"
          label={t('jobnew.instances')}
          hint={t('jobnew.instances.hint')}
          size="narrow"
          numeric
          required
        />
        <AreaField
          control={control}
          name="command"
          label={t('jobnew.command')}
          hint={t('jobnew.command.hint', { example })}
          code
          required
        />
        <Environment control={control} values={values} />
        <div className={styles.hint}>
          <TextField
            control={control}
            name="code"
            label={t('jobnew.code')}
            hint={t('jobnew.code.hint')}
            size="medium"
            code
          />
          <CodeBlock code={cli} label={t('jobnew.code')} copyLabel={t('action.copyCli')} />
        </div>
      </Section>
      <Section title={t('jobnew.section.data')}>
        <InputFields control={control} values={values} />
        <OutputFields control={control} />
        <PairFields control={control} name="variables" />
      </Section>
      <Section title={t('jobnew.section.more')}>
        <TextField
          control={control}
          name="name"
          label={t('jobnew.name')}
          hint={values.name ? undefined : t('jobnew.name.hint', { name })}
          size="medium"
        />
        <TextField control={control} name="displayName" label={t('jobnew.displayName')} size="medium" />
        <TextField
          control={control}
          name="experiment"
          label={t('jobnew.experiment')}
          placeholder="Default"
          size="medium"
        />
        <Distribution control={control} values={values} />
        <TextField
          control={control}
          name="timeout"
          label={t('jobnew.timeout')}
          hint={t('jobnew.timeout.hint')}
          size="narrow"
        />
        <TextField
          control={control}
          name="priority"
          label={t('job.priority.label')}
          hint={t('job.priority.help')}
          size="narrow"
          placeholder="0"
        />
        <PairFields control={control} name="tags" />
        <AreaField control={control} name="description" label={t('job.description')} rows={2} />
      </Section>
    </>
  )
}

function Environment({ control, values }: { control: Control<JobValues>; values: JobValues }) {
  const t = useText()
  const ws = useWorkspace()
  const { data } = useQuery(assets(ws, 'environments'))
  const list = (data ?? [])
    .filter((e) => e.properties.latestVersion)
    .map((e) => `${e.name}:${e.properties.latestVersion}`)
  const current = values.environmentRef
  const refs = current && !list.includes(current) ? [current, ...list] : list
  const choices = [
    { value: 'none', label: t('jobnew.environment.none') },
    { value: 'existing', label: t('jobnew.environment.existing') },
  ]
  if (values.environment === 'inline' || Object.keys(values.environmentInline).length > 0) {
    choices.push({ value: 'inline', label: t('jobnew.environment.inline') })
  }
  return (
    <>
      <ChoiceField control={control} name="environment" label={t('jobnew.environment')} choices={choices} />
      {values.environment === 'inline' && <span>{t('jobnew.environment.inline.note')}</span>}
      {values.environment === 'existing' &&
        (data && refs.length === 0 ? (
          <Banner intent="info">{t('jobnew.environment.empty')}</Banner>
        ) : (
          <SelectField
            control={control}
            name="environmentRef"
            label={t('jobnew.environment.which')}
            choices={[
              { value: '', label: t('jobnew.environment.choose') },
              ...refs.map((r) => ({ value: r, label: r })),
            ]}
          />
        ))}
    </>
  )
}

function Distribution({ control, values }: { control: Control<JobValues>; values: JobValues }) {
  const t = useText()
  const { distribution: other } = values.rest
  const none = isMapping(other)
    ? t('jobnew.distribution.other', { type: String(other.type) })
    : t('jobnew.distribution.none')
  return (
    <>
      <SelectField
        control={control}
        name="distribution"
        label={t('jobnew.distribution')}
        choices={[
          { value: '', label: none },
          { value: 'pytorch', label: 'PyTorch' },
        ]}
      />
      {values.distribution === 'pytorch' && (
        <TextField control={control} name="processes" label={t('jobnew.processes')} size="narrow" numeric />
      )}
    </>
  )
}
