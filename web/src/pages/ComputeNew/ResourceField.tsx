import { makeStyles, tokens } from '@fluentui/react-components'
import type { Control, FieldPath, FieldValues } from 'react-hook-form'
import { TextField } from '~/modules/FormFields.tsx'
import { exampleId } from './resourceIds.ts'

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalXS },
  why: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

/** The ARM id of something outside, and why it is to be typed. */
export function ResourceField<T extends FieldValues>(p: {
  control: Control<T>
  name: FieldPath<T>
  label: string
  types: readonly string[]
  optional?: boolean
  why?: string
}) {
  const styles = useStyles()
  return (
    <div className={styles.root}>
      <TextField
        control={p.control}
        name={p.name}
        label={p.label}
        required={!p.optional}
        size="wide"
        code
        placeholder={exampleId(p.types)}
      />
      {p.why && <p className={styles.why}>{p.why}</p>}
    </div>
  )
}
