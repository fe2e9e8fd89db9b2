import { Button, makeStyles, Subtitle2, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { type UseFormReturn, useFieldArray, useWatch } from 'react-hook-form'
import { Banner } from '~/components/Notice.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { SwitchField, TextField } from '~/modules/FormFields.tsx'
import type { InstanceValues } from '~/modules/specs/instance.ts'
import { parseSeconds } from '~/modules/specs/numbers.ts'
import { mostSchedules } from '~/modules/specs/schedule.ts'
import { ScheduleFields } from './ScheduleFields.tsx'

const useStyles = makeStyles({
  heading: { margin: 0 },
  rows: { display: 'contents' },
  add: { alignSelf: 'flex-start' },
  note: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

/** When the instance stops by itself, and when it is to start and stop. */
export function InstanceScheduling({ form }: { form: UseFormReturn<InstanceValues> }) {
  const t = useText()
  const f = useFormat()
  const styles = useStyles()
  const { control } = form
  const [idleOn, idle] = useWatch({ control, name: ['idleOn', 'idle'] })
  const { fields, append, remove } = useFieldArray({ control, name: 'schedules' })
  const seconds = parseSeconds(idle, 'm')
  return (
    <>
      <SwitchField control={control} name="idleOn" label={t('newInstance.idle.on')} help="idle2" />
      {idleOn && (
        <TextField
          control={control}
          name="idle"
          label={t('newInstance.idle')}
          required
          size="narrow"
          help="idle2"
          hint={seconds !== undefined && seconds > 0 && t('wizard.idle.is', { duration: f.duration(seconds * 1000) })}
        />
      )}
      <Subtitle2 as="h2" className={styles.heading}>
        {t('newInstance.schedules')}
      </Subtitle2>
      <Banner intent="info">{t('newInstance.schedules.honest')}</Banner>
      <div className={styles.rows} data-rows="">
        {fields.map((row, i) => (
          <ScheduleFields key={row.id} form={form} n={i} remove={() => remove(i)} />
        ))}
        {fields.length < mostSchedules ? (
          <Button
            className={styles.add}
            icon={<AddRegular />}
            onClick={() =>
              append({
                action: fields.length % 2 === 0 ? 'Start' : 'Stop',
                time: fields.length % 2 === 0 ? '09:00' : '18:00',
                days: ['1', '2', '3', '4', '5'],
                timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
              })
            }
          >
            {t('newInstance.schedule.add')}
          </Button>
        ) : (
          <span className={styles.note}>{t('newInstance.schedule.most')}</span>
        )}
      </div>
    </>
  )
}
