import { makeStyles, tokens } from '@fluentui/react-components'
import { useText } from '~/i18n/text.tsx'
import { AreaField, ChoiceField, TextField } from '~/modules/FormFields.tsx'
import { type AttachKind, type AttachValues, has, kinds } from './attachValues.ts'
import type { Checked } from './checked.ts'
import { ResourceField } from './ResourceField.tsx'

const permission = 'Microsoft.ContainerService/managedClusters/read'

const useStyles = makeStyles({ note: { margin: 0, color: tokens.colorNeutralForeground2 } })

/** What the kind has beside a name and a machine. */
export function AttachFields({ f, kind }: { f: Checked<AttachValues>; kind: AttachKind }) {
  const t = useText()
  const styles = useStyles()
  const { control } = f.form
  const optional = kinds[kind].optional ?? false
  const kubernetes = kind === 'attach-kubernetes'
  return (
    <>
      {has(kind, 'resourceId') && (
        <ResourceField
          control={control}
          name="resourceId"
          label={t(optional ? 'attach.field.resource.optional' : 'attach.field.resource')}
          types={kinds[kind].resource}
          optional={optional}
          {...(kubernetes && {
            why: t('attach.kubernetes.why.text', { permission, command: 'az aks list --query [].id' }),
          })}
        />
      )}
      {has(kind, 'namespace') && (
        <>
          <TextField
            control={control}
            name="namespace"
            label={t('attach.field.namespace')}
            hint={t('attach.field.namespace.hint')}
            required
            size="medium"
          />
          <ChoiceField
            control={control}
            name="purpose"
            label={t('attach.field.purpose')}
            choices={(['FastProd', 'DevTest'] as const).map((p) => ({ value: p, label: t(`infer.purpose.${p}`) }))}
          />
        </>
      )}
      {has(kind, 'identity') && <Identity f={f} />}
      {has(kind, 'workspaceUrl') && (
        <TextField
          control={control}
          name="workspaceUrl"
          label={t('attach.field.workspaceUrl')}
          size="medium"
          placeholder="https://adb-1234567890123456.7.azuredatabricks.net"
        />
      )}
      {has(kind, 'token') && (
        <TextField
          control={control}
          name="token"
          type="password"
          label={t('attach.field.token')}
          hint={t('attach.field.token.hint')}
          required
          size="medium"
          autoComplete="new-password"
        />
      )}
      {has(kind, 'account') && (
        <TextField control={control} name="account" label={t('attach.field.account')} size="medium" />
      )}
      <p className={styles.note}>{t('attach.once')}</p>
    </>
  )
}

function Identity({ f }: { f: Checked<AttachValues> }) {
  const t = useText()
  const { control } = f.form
  return (
    <>
      <ChoiceField
        control={control}
        name="identity.kind"
        label={t('attach.field.identity')}
        choices={(['none', 'system', 'user'] as const).map((value) => ({
          value,
          label: t(`attach.field.identity.${value}`),
        }))}
      />
      {f.values.identity.kind === 'user' && (
        <div data-field="identity">
          <AreaField
            control={control}
            name="identity.ids"
            label={t('attach.field.identityId')}
            hint={f.form.formState.errors.identity?.message}
            required
            rows={2}
            code
            placeholder="/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…"
          />
        </div>
      )}
    </>
  )
}
