import { Button, makeStyles, Subtitle2, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { type UseFormReturn, useFieldArray, useWatch } from 'react-hook-form'
import { Banner } from '~/components/Notice.tsx'
import { RemoveButton } from '~/components/RemoveButton.tsx'
import { useText } from '~/i18n/text.tsx'
import { AreaField, ChoiceField, SwitchField, TextField } from '~/modules/FormFields.tsx'
import type { InstanceValues } from '~/modules/specs/instance.ts'

const useStyles = makeStyles({
  heading: { margin: 0 },
  group: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalM,
    position: 'relative',
    padding: tokens.spacingHorizontalM,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  remove: { position: 'absolute', top: tokens.spacingVerticalXS, right: tokens.spacingHorizontalXS },
  beside: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(200px, 100%), 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'start',
  },
  rows: { display: 'contents' },
  add: { alignSelf: 'flex-start' },
})

/** What most have who have one. */
const usual = {
  name: 'rstudio',
  image: 'rocker/rstudio:latest',
  target: '8787',
  published: '8787',
  env: '',
  mounts: '',
}

/** What is set up on the instance, and what runs there beside the usual. */
export function InstanceApplications({ form }: { form: UseFormReturn<InstanceValues> }) {
  const t = useText()
  const styles = useStyles()
  const { control } = form
  const scriptOn = useWatch({ control, name: 'scriptOn' })
  const { fields, append, remove } = useFieldArray({ control, name: 'apps' })
  return (
    <>
      <SwitchField control={control} name="scriptOn" label={t('newInstance.script.on')} help="script" />
      {scriptOn && <Script form={form} />}
      <Subtitle2 as="h2" className={styles.heading}>
        {t('newInstance.apps')}
      </Subtitle2>
      {fields.length > 0 && <Banner intent="info">{t('newInstance.apps.honest')}</Banner>}
      <div className={styles.rows} data-rows="">
        {fields.map((row, i) => (
          <Application key={row.id} form={form} n={i} remove={() => remove(i)} />
        ))}
        <Button
          className={styles.add}
          icon={<AddRegular />}
          onClick={() => append(fields.length === 0 ? usual : { ...usual, name: '', image: '', published: '' })}
        >
          {t('newInstance.app.add')}
        </Button>
      </div>
    </>
  )
}

function Script({ form }: { form: UseFormReturn<InstanceValues> }) {
  const t = useText()
  const styles = useStyles()
  const { control } = form
  return (
    <div className={styles.group} role="group" aria-label={t('newInstance.script.on')} data-help="script">
      <Banner intent="info">{t('newInstance.script.honest')}</Banner>
      <ChoiceField
        control={control}
        name="scriptWhen"
        label={t('newInstance.script.when')}
        choices={(['creation', 'startup'] as const).map((value) => ({
          value,
          label: t(`newInstance.script.${value}`),
        }))}
      />
      <TextField
        control={control}
        name="scriptPath"
        label={t('newInstance.script.path')}
        required
        size="wide"
        code
        placeholder="Users/kim/setup.sh"
      />
      <div className={styles.beside}>
        <TextField
          control={control}
          name="scriptArguments"
          label={t('newInstance.script.arguments')}
          size="wide"
          code
        />
        <TextField
          control={control}
          name="scriptMinutes"
          label={t('newInstance.script.minutes')}
          required
          numeric
          size="narrow"
        />
      </div>
    </div>
  )
}

function Application({ form, n, remove }: { form: UseFormReturn<InstanceValues>; n: number; remove: () => void }) {
  const t = useText()
  const styles = useStyles()
  const { control } = form
  const title = t('newInstance.app.n', { n: n + 1 })
  return (
    <div className={styles.group} role="group" aria-label={title} data-help="apps">
      <h3 className={styles.title}>{title}</h3>
      <RemoveButton className={styles.remove} label={t('newInstance.app.remove', { n: n + 1 })} onRemove={remove} />
      <div className={styles.beside}>
        <TextField control={control} name={`apps.${n}.name`} label={t('newInstance.app.name')} required />
        <TextField
          control={control}
          name={`apps.${n}.image`}
          label={t('newInstance.app.image')}
          required
          code
          placeholder="rocker/rstudio:latest"
        />
      </div>
      <div className={styles.beside}>
        <TextField control={control} name={`apps.${n}.target`} label={t('newInstance.app.target')} required numeric />
        <TextField
          control={control}
          name={`apps.${n}.published`}
          label={t('newInstance.app.published')}
          required
          numeric
        />
      </div>
      <div className={styles.beside}>
        <AreaField
          control={control}
          name={`apps.${n}.env`}
          label={t('newInstance.app.env')}
          hint={t('newInstance.app.env.hint')}
          rows={2}
          code
        />
        <AreaField
          control={control}
          name={`apps.${n}.mounts`}
          label={t('newInstance.app.mounts')}
          hint={t('newInstance.app.mounts.hint')}
          rows={2}
          code
        />
      </div>
    </div>
  )
}
