import { useText } from '~/i18n/text.tsx'
import { AreaField, ChoiceField, SwitchField, TextField } from '~/modules/FormFields.tsx'
import type { Checked } from './checked.ts'
import type { InferenceValues } from './inferenceValues.ts'
import { Below } from './Layout.tsx'

/** SSL by a certificate of one's own, or for a domain label. */
export function InferenceSsl({ f }: { f: Checked<InferenceValues> }) {
  const t = useText()
  const { control } = f.form
  const { ssl, sslBy } = f.values
  return (
    <>
      <SwitchField control={control} name="ssl" label={t('infer.ssl')} />
      {ssl && (
        <Below>
          <ChoiceField
            control={control}
            name="sslBy"
            label={t('infer.ssl.by')}
            choices={[
              { value: 'certificate', label: t('infer.ssl.certificate') },
              { value: 'label', label: t('infer.ssl.label') },
            ]}
          />
          {sslBy === 'certificate' ? (
            <>
              <AreaField
                control={control}
                name="cert"
                label={t('infer.ssl.cert')}
                required
                rows={4}
                code
                placeholder="-----BEGIN CERTIFICATE-----"
              />
              <AreaField
                control={control}
                name="key"
                label={t('infer.ssl.key')}
                hint={t('infer.ssl.key.hint')}
                required
                rows={4}
                code
                placeholder="-----BEGIN PRIVATE KEY-----"
              />
              <TextField
                control={control}
                name="cname"
                label={t('infer.ssl.cname')}
                hint={t('infer.ssl.cname.hint')}
                required
                size="medium"
              />
            </>
          ) : (
            <TextField control={control} name="label" label={t('infer.ssl.leaf')} required size="medium" />
          )}
        </Below>
      )}
    </>
  )
}
