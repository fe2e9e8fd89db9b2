import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { CheckmarkCircleFilled, DismissCircleFilled } from '@fluentui/react-icons'
import type { LocationInfo } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { ChoiceField, SelectField, TextField } from '~/modules/FormFields.tsx'
import { SizePicker } from '~/modules/SizePicker.tsx'
import { parseWhole } from '~/modules/specs/numbers.ts'
import type { Checked } from './checked.ts'
import { devTestCores, type InferenceValues, nodesFor, productionCores, startingNodes } from './inferenceValues.ts'

const useStyles = makeStyles({
  sum: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  text: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, minWidth: 0 },
  icon: { display: 'inline-flex', flexShrink: 0, fontSize: '16px' },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  nodes: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalXS },
})

type Props = { f: Checked<InferenceValues>; places: LocationInfo[]; cores: number | undefined }

/** Where, of which size, for what, and how many. */
export function InferenceMachines({ f, places, cores }: Props) {
  const t = useText()
  const { form, values } = f
  const purposes = ['FastProd', 'DevTest'] as const
  return (
    <>
      <SelectField
        control={form.control}
        name="location"
        label={t('infer.region')}
        required
        lock
        choices={(places.length > 0 ? places : [{ name: values.location, displayName: values.location }]).map((l) => ({
          value: l.name,
          label: l.displayName || l.name,
        }))}
      />
      <div data-field="size">
        <SizePicker
          location={values.location}
          value={values.size}
          onChange={(size) => form.setValue('size', size, { shouldDirty: true, shouldValidate: true })}
          lock={t('wizard.cannotChange')}
          error={form.formState.errors.size?.message}
        />
      </div>
      <ChoiceField
        control={form.control}
        name="purpose"
        label={t('infer.purpose')}
        choices={purposes.map((p) => ({
          value: p,
          label: t(`infer.purpose.${p}`),
          note: t(`infer.purpose.${p}.hint`),
        }))}
      />
      <Nodes f={f} cores={cores} />
    </>
  )
}

function Nodes({ f, cores }: Pick<Props, 'f' | 'cores'>) {
  const t = useText()
  const styles = useStyles()
  const { form, values } = f
  const nodes = parseWhole(values.nodes)
  const all = nodes && cores ? nodes * cores : undefined
  const production = values.purpose === 'FastProd'
  const few = production && all !== undefined && all < productionCores
  const need = cores ? nodesFor(cores) : startingNodes.FastProd
  return (
    <div className={styles.nodes} data-field="nodes">
      <TextField
        control={form.control}
        name="nodes"
        label={t('infer.nodes')}
        required
        numeric
        size="narrow"
        hint={production ? t('infer.nodes.rule') : t('infer.nodes.devTest')}
      />
      <div className={styles.sum} role="status" data-nodes={few ? 'few' : 'enough'}>
        {all !== undefined && nodes !== undefined && cores !== undefined && (
          <span className={styles.text}>
            <span
              aria-hidden="true"
              className={`${styles.icon} ${few ? styles.bad : styles.good}`}
              hidden={!production && all < devTestCores}
            >
              {few ? <DismissCircleFilled /> : <CheckmarkCircleFilled />}
            </span>
            {t(few ? 'infer.nodes.few' : production ? 'infer.nodes.enough' : 'infer.nodes.sum', {
              n: nodes,
              cores,
              all,
              need,
            })}
          </span>
        )}
        {few && (
          <Button
            size="small"
            onClick={() => form.setValue('nodes', String(need), { shouldDirty: true, shouldValidate: true })}
          >
            {t('infer.nodes.use', { n: need })}
          </Button>
        )}
      </div>
    </div>
  )
}
