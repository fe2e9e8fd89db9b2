import { useText } from '~/i18n/text.tsx'
import { ChoiceField, TextField } from '~/modules/FormFields.tsx'
import type { Checked } from './checked.ts'
import type { InferenceValues } from './inferenceValues.ts'
import { Below, Beside } from './Layout.tsx'

/** The network that comes by itself, or one that exists. */
export function InferenceNetwork({ f }: { f: Checked<InferenceValues> }) {
  const t = useText()
  const { control } = f.form
  const field = (name: 'vnetGroup' | 'vnet' | 'subnet' | 'cidr' | 'dns' | 'bridge', hint?: string) => (
    <TextField control={control} name={name} label={t(`infer.${name}`)} hint={hint} required size="medium" />
  )
  return (
    <>
      <ChoiceField
        control={control}
        name="network"
        label={t('infer.network')}
        choices={[
          { value: 'basic', label: t('infer.network.basic') },
          { value: 'advanced', label: t('infer.network.advanced'), note: t('infer.network.advanced.hint') },
        ]}
      />
      {f.values.network === 'advanced' && (
        <Below>
          <Beside>
            {field('vnetGroup')}
            {field('vnet')}
            {field('subnet')}
          </Beside>
          <Beside>
            {field('dns')}
            {field('cidr', t('infer.cidr.hint'))}
            {field('bridge')}
          </Beside>
        </Below>
      )}
    </>
  )
}
