import { Controller, type UseFormReturn, useWatch } from 'react-hook-form'
import type { LocationInfo } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { ChoiceField, SelectField } from '~/modules/FormFields.tsx'
import { NameField } from '~/modules/NameField.tsx'
import { SizePicker } from '~/modules/SizePicker.tsx'
import type { InstanceValues } from '~/modules/specs/instance.ts'

/** The name, where it is, and which machine. */
export function InstanceRequired({
  form,
  locations,
}: {
  form: UseFormReturn<InstanceValues>
  locations: LocationInfo[]
}) {
  const t = useText()
  const { control } = form
  const [location, processor, size] = useWatch({ control, name: ['location', 'processor', 'size'] })
  const other = locations.some((l) => l.name === location && !l.isDefault)
  return (
    <>
      <div data-help="name">
        <Controller
          control={control}
          name="name"
          render={({ field, fieldState }) => (
            <NameField
              value={field.value}
              onChange={field.onChange}
              onBlur={field.onBlur}
              inputRef={field.ref}
              stem="ci-desk"
              location={location}
              error={fieldState.error?.message}
            />
          )}
        />
      </div>
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
      {other && <Banner intent="warning">{t('newInstance.location.warning')}</Banner>}
      <ChoiceField
        control={control}
        name="processor"
        label={t('wizard.field.processor')}
        help="processor"
        choices={[
          { value: 'CPU', label: 'CPU' },
          { value: 'GPU', label: 'GPU' },
        ]}
      />
      <div data-help="size">
        <SizePicker
          location={location}
          processor={processor}
          value={size}
          error={form.formState.errors.size?.message}
          onChange={(s) => form.setValue('size', s, { shouldDirty: true, shouldValidate: true })}
        />
      </div>
    </>
  )
}
