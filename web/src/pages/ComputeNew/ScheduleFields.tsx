import { Checkbox, Field, makeStyles, tokens } from '@fluentui/react-components'
import { useMemo } from 'react'
import { Controller, type UseFormReturn, useWatch } from 'react-hook-form'
import { RemoveButton } from '~/components/RemoveButton.tsx'
import { useLanguage, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { ChoiceField, SelectField, TextField } from '~/modules/FormFields.tsx'
import type { InstanceValues } from '~/modules/specs/instance.ts'
import { nextRuns, weekDays } from '~/modules/specs/schedule.ts'

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalM,
    position: 'relative',
    padding: tokens.spacingHorizontalM,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  remove: { position: 'absolute', top: tokens.spacingVerticalXS, right: tokens.spacingHorizontalXS },
  beside: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, alignItems: 'flex-start' },
  days: { display: 'flex', flexWrap: 'wrap', marginInlineStart: '-8px' },
  next: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
})

// A Sunday, from which the names of days are counted.
const sunday = Date.UTC(2023, 0, 1)

/** One time at which the instance is to start or stop, and when that would be next. */
export function ScheduleFields(p: { form: UseFormReturn<InstanceValues>; n: number; remove: () => void }) {
  const t = useText()
  const styles = useStyles()
  const { language } = useLanguage()
  const { control } = p.form
  const v = useWatch({ control, name: `schedules.${p.n}` })
  const minute = Math.floor(useNow() / 60_000) * 60_000
  const zones = useMemo(
    () => [...new Set([v?.timeZone ?? 'UTC', 'UTC', ...Intl.supportedValuesOf('timeZone')])],
    [v?.timeZone],
  )
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!v) return null
  const dayName = (day: string) =>
    new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }).format(sunday + Number(day) * 86_400_000)
  const when = new Intl.DateTimeFormat(language, {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  })
  const times = nextRuns(v, minute).map((at) => when.format(at))
  const label = t('newInstance.schedule.n', { n: p.n + 1 })
  return (
    <div className={styles.root} role="group" aria-label={label} data-help="schedules">
      <RemoveButton
        className={styles.remove}
        label={t('newInstance.schedule.remove', { n: p.n + 1 })}
        onRemove={p.remove}
      />
      <ChoiceField
        control={control}
        name={`schedules.${p.n}.action`}
        label={label}
        choices={(['Start', 'Stop'] as const).map((value) => ({ value, label: t(`newInstance.schedule.${value}`) }))}
      />
      <div className={styles.beside}>
        <TextField
          control={control}
          name={`schedules.${p.n}.time`}
          label={t(`newInstance.schedule.time.${v.action}`)}
          type="time"
          size="narrow"
          required
        />
        <SelectField
          control={control}
          name={`schedules.${p.n}.timeZone`}
          label={t('newInstance.schedule.zone')}
          choices={zones.map((z) => ({ value: z, label: z }))}
        />
      </div>
      <Controller
        control={control}
        name={`schedules.${p.n}.days`}
        render={({ field, fieldState }) => (
          <Field label={t('newInstance.schedule.days')} required validationMessage={fieldState.error?.message}>
            <div className={styles.days} role="group" aria-label={t('newInstance.schedule.days')}>
              {weekDays.map((day, i) => (
                <Checkbox
                  key={day}
                  ref={i === 0 ? field.ref : undefined}
                  label={dayName(day)}
                  required={false} // any one of them will do
                  checked={field.value.includes(day)}
                  onBlur={field.onBlur}
                  onChange={(_, d) =>
                    field.onChange(d.checked ? [...field.value, day] : field.value.filter((x) => x !== day))
                  }
                />
              ))}
            </div>
          </Field>
        )}
      />
      {times.length > 0 && (
        <span className={styles.next}>{t('newInstance.schedule.next', { zone: mine, times: times.join(' · ') })}</span>
      )}
    </div>
  )
}
