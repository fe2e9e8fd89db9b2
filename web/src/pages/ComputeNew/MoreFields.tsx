/** Fields that clusters and instances have: network, identity, tags. */
import { Button, Field, Input, makeStyles, Subtitle2, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import {
  type Control,
  Controller,
  type FieldArrayPath,
  type FieldPath,
  type FieldValues,
  useFieldArray,
  useWatch,
} from 'react-hook-form'
import { RemoveButton } from '~/components/RemoveButton.tsx'
import { useText } from '~/i18n/text.tsx'
import { AreaField, ChoiceField, TextField } from '~/modules/FormFields.tsx'
import type { IdentityValues } from '~/modules/specs/identity.ts'
import type { NetworkValues } from '~/modules/specs/network.ts'
import type { TagValue } from '~/modules/specs/tags.ts'

const useStyles = makeStyles({
  group: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalS },
  heading: { margin: 0 },
  beside: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(180px, 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'start',
  },
  tag: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr) auto',
    gap: tokens.spacingHorizontalS,
    alignItems: 'start',
  },
  hint: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  // An input is as wide as its letters would have it, unless it is told.
  narrow: { minWidth: 0, width: '100%' },
  add: { alignSelf: 'flex-start' },
})

export function NetworkFields<T extends FieldValues & { network: NetworkValues }>({
  control,
}: {
  control: Control<T>
}) {
  const t = useText()
  const styles = useStyles()
  const at = (name: keyof NetworkValues) => `network.${name}` as FieldPath<T>
  return (
    <div className={styles.group} role="group" aria-label={t('wizard.section.network')}>
      <Subtitle2 as="h2" className={styles.heading}>
        {t('wizard.section.network')}
      </Subtitle2>
      <div className={styles.beside}>
        <TextField
          control={control}
          name={at('resourceGroup')}
          label={t('wizard.field.resourceGroup')}
          lock
          help="network"
        />
        <TextField control={control} name={at('network')} label={t('wizard.field.network')} lock help="network" />
        <TextField control={control} name={at('subnet')} label={t('wizard.field.subnet')} lock help="network" />
      </div>
      <span className={styles.hint}>{t('wizard.network.hint')}</span>
    </div>
  )
}

export function IdentityFields<T extends FieldValues & { identity: IdentityValues }>({
  control,
}: {
  control: Control<T>
}) {
  const t = useText()
  const kind = useWatch({ control, name: 'identity.kind' as FieldPath<T> }) as IdentityValues['kind']
  return (
    <>
      <ChoiceField
        control={control}
        name={'identity.kind' as FieldPath<T>}
        label={t('wizard.field.identity')}
        help="identity"
        choices={(['none', 'system', 'user'] as const).map((value) => ({
          value,
          label: t(`wizard.identity.${value}`),
        }))}
      />
      {kind === 'user' && (
        <AreaField
          control={control}
          name={'identity.ids' as FieldPath<T>}
          label={t('wizard.field.identityIds')}
          required
          rows={2}
          code
          placeholder="/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…"
          help="identity"
        />
      )}
    </>
  )
}

export function TagFields<T extends FieldValues & { tags: TagValue[] }>({ control }: { control: Control<T> }) {
  const t = useText()
  const styles = useStyles()
  const { fields, append, remove } = useFieldArray({ control, name: 'tags' as FieldArrayPath<T> })
  return (
    <div className={styles.group} role="group" aria-label={t('wizard.section.tags')} data-help="tags" data-rows="">
      <Subtitle2 as="h2" className={styles.heading}>
        {t('wizard.section.tags')}
      </Subtitle2>
      {fields.map((row, i) => (
        <div key={row.id} className={styles.tag}>
          {(['key', 'value'] as const).map((part) => (
            <Controller
              key={part}
              control={control}
              name={`tags.${i}.${part}` as FieldPath<T>}
              render={({ field, fieldState }) => (
                <Field className={styles.narrow} validationMessage={fieldState.error?.message}>
                  <Input
                    className={styles.narrow}
                    ref={field.ref}
                    name={field.name}
                    value={field.value ?? ''}
                    onBlur={field.onBlur}
                    onChange={(_, d) => field.onChange(d.value)}
                    aria-label={t(part === 'key' ? 'wizard.tag.name' : 'wizard.tag.value', { n: i + 1 })}
                    autoComplete="off"
                  />
                </Field>
              )}
            />
          ))}
          <RemoveButton label={t('wizard.tag.remove', { n: i + 1 })} onRemove={() => remove(i)} />
        </div>
      ))}
      <Button
        className={styles.add}
        size="small"
        icon={<AddRegular />}
        onClick={() => append({ key: '', value: '' } as never)}
      >
        {t('wizard.tag.add')}
      </Button>
    </div>
  )
}
