import { Label, makeStyles, Select, tokens } from '@fluentui/react-components'
import { useId } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { useText } from '~/i18n/text.tsx'
import type { ClusterValues } from '~/modules/specs/cluster.ts'

const useStyles = makeStyles({
  root: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
})

const presets = {
  small: { processor: 'CPU', priority: 'Dedicated', min: '0', max: '2', idle: '120' },
  gpu: { processor: 'GPU', priority: 'LowPriority', min: '0', max: '1', idle: '300' },
} as const satisfies Record<string, Partial<ClusterValues>>
type Preset = keyof typeof presets

/** What clusters usually are: it fills in several fields at once, and each can still be changed. */
export function ClusterPresets({ form }: { form: UseFormReturn<ClusterValues> }) {
  const t = useText()
  const styles = useStyles()
  const id = useId()
  const v = form.watch()
  const same = (Object.keys(presets) as Preset[]).find((p) =>
    Object.entries(presets[p]).every(([k, value]) => v[k as keyof ClusterValues] === value),
  )
  const choose = (preset: string) => {
    const values: Partial<ClusterValues> | undefined = presets[preset as Preset]
    for (const [k, value] of Object.entries(values ?? {})) form.setValue(k as keyof ClusterValues, value)
  }
  return (
    <div className={styles.root}>
      <Label htmlFor={id}>{t('wizard.preset')}</Label>
      <Select id={id} value={same ?? ''} onChange={(_, d) => choose(d.value)}>
        <option value="">{t('wizard.preset.own')}</option>
        <option value="small">{t('wizard.preset.small')}</option>
        <option value="gpu">{t('wizard.preset.gpu')}</option>
      </Select>
    </div>
  )
}
