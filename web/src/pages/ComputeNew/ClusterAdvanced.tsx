import { makeStyles, tokens } from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import { Controller, type UseFormReturn, useWatch } from 'react-hook-form'
import { useFormat, useText } from '~/i18n/text.tsx'
import { AreaField, TextField } from '~/modules/FormFields.tsx'
import { NameField } from '~/modules/NameField.tsx'
import type { ClusterValues } from '~/modules/specs/cluster.ts'
import { parseSeconds } from '~/modules/specs/numbers.ts'
import { IdentityFields, NetworkFields, TagFields } from './MoreFields.tsx'
import { SshFields } from './SshFields.tsx'

const useStyles = makeStyles({
  beside: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXL, alignItems: 'flex-start' },
  hint: {
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground2,
    marginTop: tokens.spacingVerticalXXS,
  },
  summary: {
    cursor: 'pointer',
    minHeight: '32px',
    paddingBlock: tokens.spacingVerticalXS,
    fontWeight: tokens.fontWeightSemibold,
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  more: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalL,
    paddingTop: tokens.spacingVerticalS,
  },
})

/** Step 2: the name, how many nodes, how long they wait, and what few need. */
export function ClusterAdvanced({ form, nodePrice }: { form: UseFormReturn<ClusterValues>; nodePrice: number | null }) {
  const t = useText()
  const styles = useStyles()
  const { control } = form
  const v = useWatch({ control }) as ClusterValues
  const used = v.network.subnet !== '' || v.network.network !== '' || v.identity.kind !== 'none' || v.tags.length > 0
  const [open, setOpen] = useState(used || v.description !== '')
  const wrong = form.formState.errors
  const bounds = Boolean(wrong.min || wrong.max)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is wrong with the one may be put right in the other
  useEffect(() => {
    if (bounds) void form.trigger(['min', 'max'])
  }, [v.min, v.max])
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
              stem={v.processor === 'GPU' ? 'gpu-cluster' : 'cpu-cluster'}
              location={v.location}
              error={fieldState.error?.message}
            />
          )}
        />
      </div>
      <div>
        <div className={styles.beside}>
          <TextField
            control={control}
            name="min"
            label={t('wizard.field.min')}
            required
            numeric
            size="narrow"
            help="min"
            deps={['max']}
          />
          <TextField
            control={control}
            name="max"
            label={t('wizard.field.max')}
            required
            numeric
            size="narrow"
            help="max"
            deps={['min']}
          />
        </div>
        <div className={styles.hint}>{t('wizard.min.hint')}</div>
      </div>
      <TextField
        control={control}
        name="idle"
        label={t('wizard.field.idle')}
        required
        size="narrow"
        help="idle"
        hint={<Idle text={v.idle} price={nodePrice} />}
      />
      <SshFields form={form} withUser />
      <details
        open={open || Boolean(wrong.network || wrong.identity || wrong.tags)}
        onToggle={(e) => setOpen(e.currentTarget.open)}
      >
        <summary className={styles.summary}>{t('wizard.more')}</summary>
        <div className={styles.more}>
          <NetworkFields control={control} />
          <IdentityFields control={control} />
          <TagFields control={control} />
          <AreaField
            control={control}
            name="description"
            label={t('wizard.field.description')}
            rows={2}
            help="description"
          />
        </div>
      </details>
    </>
  )
}

/** The idle time as people say it, and what a node costs that waits so long. */
function Idle({ text, price }: { text: string; price: number | null }) {
  const t = useText()
  const f = useFormat()
  const seconds = parseSeconds(text)
  if (seconds === undefined || seconds < 0) return null
  if (seconds === 0) return t('wizard.idle.zero')
  const duration = f.duration(seconds * 1000)
  const cost = ((price ?? 0) * seconds) / 3600
  if (cost < 0.001) return t('wizard.idle.is', { duration })
  return t('wizard.idle.cost', { duration, amount: f.money(cost) })
}
