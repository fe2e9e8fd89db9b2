import { type UseFormReturn, useWatch } from 'react-hook-form'
import type { LocationInfo } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { ChoiceField, SelectField } from '~/modules/FormFields.tsx'
import { SizePicker } from '~/modules/SizePicker.tsx'
import type { ClusterValues } from '~/modules/specs/cluster.ts'

/** Step 1: where, which sort of machine, at which priority, which size. */
export function ClusterVm({ form, locations }: { form: UseFormReturn<ClusterValues>; locations: LocationInfo[] }) {
  const t = useText()
  const { control } = form
  const [location, processor, priority, size] = useWatch({
    control,
    name: ['location', 'processor', 'priority', 'size'],
  })
  const other = locations.some((l) => l.name === location && !l.isDefault)
  return (
    <>
      <div>
        <SelectField
          control={control}
          name="location"
          label={t('wizard.field.location')}
          lock
          required
          help="location"
          choices={locations.map((l) => ({
            value: l.name,
            label: t(l.isDefault ? 'wizard.location.same' : 'wizard.location.other', { name: l.name }),
          }))}
        />
      </div>
      {other && <Banner intent="warning">{t('wizard.location.warning')}</Banner>}
      <ChoiceField
        control={control}
        name="processor"
        label={t('wizard.field.processor')}
        lock
        help="processor"
        choices={[
          { value: 'CPU', label: 'CPU' },
          { value: 'GPU', label: 'GPU' },
        ]}
      />
      <ChoiceField
        control={control}
        name="priority"
        label={t('wizard.field.priority')}
        lock
        help="priority"
        choices={[
          { value: 'Dedicated', label: t('priority.Dedicated') },
          { value: 'LowPriority', label: t('priority.LowPriority'), note: t('wizard.priority.low.note') },
        ]}
      />
      <div data-help="size">
        <SizePicker
          location={location}
          priority={priority}
          processor={processor}
          value={size}
          lock={t('wizard.cannotChange')}
          error={form.formState.errors.size?.message}
          onChange={(s) => form.setValue('size', s, { shouldDirty: true, shouldValidate: true })}
        />
      </div>
    </>
  )
}
