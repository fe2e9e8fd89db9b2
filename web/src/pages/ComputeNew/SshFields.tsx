import { Field, makeStyles, Select, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import {
  type Control,
  type FieldPath,
  type FieldValues,
  type PathValue,
  type UseFormReturn,
  useWatch,
} from 'react-hook-form'
import { profile } from '~/api/queries/session.ts'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { AreaField, ChoiceField, SwitchField, TextField } from '~/modules/FormFields.tsx'

type SshValues = { ssh: boolean; adminKey: string }

const useStyles = makeStyles({
  group: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalM,
    paddingInlineStart: tokens.spacingHorizontalL,
    borderLeft: `${tokens.strokeWidthThick} solid ${tokens.colorNeutralStroke2}`,
  },
  select: { maxWidth: '440px' },
})

/** SSH access: off, or an administrator's account with a key or, of clusters, a password. */
export function SshFields<T extends FieldValues & SshValues>({
  form,
  withUser = false,
}: {
  form: UseFormReturn<T>
  withUser?: boolean
}) {
  const t = useText()
  const styles = useStyles()
  const control = form.control as Control<T>
  const at = (name: string) => name as FieldPath<T>
  const ssh = useWatch({ control, name: at('ssh') })
  const way = useWatch({ control, name: at('sshWay') }) as string | undefined
  return (
    <>
      <SwitchField
        control={control}
        name={at('ssh')}
        label={t('wizard.field.ssh')}
        lock
        hint={t('wizard.ssh.immutable')}
        help="ssh"
      />
      {ssh && (
        <div className={styles.group}>
          {withUser && (
            <>
              <TextField
                control={control}
                name={at('adminUser')}
                label={t('wizard.field.adminUser')}
                required
                size="medium"
                help="ssh"
                autoComplete="username"
              />
              <ChoiceField
                control={control}
                name={at('sshWay')}
                label={t('wizard.field.sshWay')}
                help="ssh"
                choices={[
                  { value: 'key', label: t('wizard.ssh.key') },
                  { value: 'password', label: t('wizard.ssh.password') },
                ]}
              />
            </>
          )}
          {way === 'password' ? (
            <>
              <TextField
                control={control}
                name={at('adminPassword')}
                label={t('wizard.field.adminPassword')}
                required
                type="password"
                size="medium"
                help="ssh"
                autoComplete="new-password"
              />
              <Banner intent="warning">{t('wizard.ssh.password.warning')}</Banner>
            </>
          ) : (
            <>
              <MyKeys form={form} />
              <AreaField
                control={control}
                name={at('adminKey')}
                label={t('wizard.field.adminKey')}
                required
                rows={3}
                code
                placeholder="ssh-ed25519 AAAA…"
                help="ssh"
              />
            </>
          )}
        </div>
      )}
    </>
  )
}

/** Keys that the user keeps in the settings. */
function MyKeys<T extends FieldValues & SshValues>({ form }: { form: UseFormReturn<T> }) {
  const t = useText()
  const styles = useStyles()
  const name = 'adminKey' as FieldPath<T>
  const { data } = useQuery(profile())
  const value = String(useWatch({ control: form.control, name }) ?? '').trim()
  const keys = data?.sshKeys ?? []
  if (keys.length === 0) return null
  return (
    <Field label={t('wizard.field.sshKeyChoice')} data-help="ssh">
      <Select
        className={styles.select}
        value={keys.some((k) => k.publicKey === value) ? value : ''}
        onChange={(_, d) =>
          form.setValue(name, d.value as PathValue<T, typeof name>, {
            shouldDirty: true,
            shouldValidate: d.value !== '',
          })
        }
      >
        <option value="">{t('wizard.ssh.paste')}</option>
        {keys.map((k) => (
          <option key={k.name} value={k.publicKey}>
            {t('wizard.ssh.mine', { name: k.name })}
          </option>
        ))}
      </Select>
    </Field>
  )
}
