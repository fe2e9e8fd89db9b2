import { type UseFormReturn, useWatch } from 'react-hook-form'
import { useText } from '~/i18n/text.tsx'
import { SelectField, SwitchField, TextField } from '~/modules/FormFields.tsx'
import type { InstanceValues } from '~/modules/specs/instance.ts'
import { IdentityFields, NetworkFields } from './MoreFields.tsx'
import { SshFields } from './SshFields.tsx'
import { useUsers } from './useUsers.ts'

/** Whose the instance is, as whom it acts, and how it is reached. */
export function InstanceSecurity({ form }: { form: UseFormReturn<InstanceValues> }) {
  const t = useText()
  const { control } = form
  const assign = useWatch({ control, name: 'assign' })
  return (
    <>
      <SwitchField control={control} name="assign" label={t('newInstance.assign')} help="assign" />
      {assign && <User form={form} />}
      <IdentityFields control={control} />
      <SshFields form={form} />
      <NetworkFields control={control} />
      <SwitchField control={control} name="noPublicIp" label={t('newInstance.noPublicIp')} lock help="noPublicIp" />
      <SwitchField control={control} name="root" label={t('newInstance.root')} help="root" />
    </>
  )
}

/** A user of the workspace; who may not see them names one by id. */
function User({ form }: { form: UseFormReturn<InstanceValues> }) {
  const t = useText()
  const users = useUsers()
  if (users.length === 0) {
    return (
      <TextField
        control={form.control}
        name="user"
        label={t('newInstance.user')}
        required
        hint={t('newInstance.user.hint')}
        help="assign"
        size="wide"
      />
    )
  }
  return (
    <SelectField
      control={form.control}
      name="user"
      label={t('newInstance.user')}
      required
      help="assign"
      choices={[{ value: '', label: t('newInstance.user.choose') }, ...users]}
    />
  )
}
