import { Button, Field, Input, makeStyles, mergeClasses, Select, shorthands, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import type { ReactNode } from 'react'
import { type Control, Controller, type FieldPath } from 'react-hook-form'
import { RemoveButton } from '~/components/RemoveButton.tsx'
import type { JobValues } from './tree.ts'

const useStyles = makeStyles({
  group: { ...shorthands.borderStyle('none'), margin: 0, padding: 0, minWidth: 0 },
  legend: { padding: 0, marginBottom: tokens.spacingVerticalXS },
  row: {
    display: 'grid',
    gap: tokens.spacingHorizontalS,
    alignItems: 'start',
    marginBottom: tokens.spacingVerticalS,
    '@media (max-width: 767px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  two: { gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr) 32px' },
  four: { gridTemplateColumns: 'minmax(0, 2fr) 120px minmax(0, 3fr) 130px 32px' },
  control: { minWidth: 0, width: '100%' },
})

/** Rows of fields under one heading, and a button for another. */
export function Rows(props: {
  legend: string
  add: string
  columns: 'two' | 'four'
  rows: { id: string }[]
  onAdd: () => void
  onRemove: (i: number) => void
  removeLabel: (n: number) => string
  children: (i: number) => ReactNode
}) {
  const styles = useStyles()
  return (
    <fieldset className={styles.group} data-rows="">
      <legend className={styles.legend}>{props.legend}</legend>
      {props.rows.map((r, i) => (
        <div key={r.id} className={mergeClasses(styles.row, styles[props.columns])}>
          {props.children(i)}
          <RemoveButton label={props.removeLabel(i + 1)} onRemove={() => props.onRemove(i)} />
        </div>
      ))}
      <Button size="small" icon={<AddRegular />} onClick={props.onAdd}>
        {props.add}
      </Button>
    </fieldset>
  )
}

/** A field of a row, whose label only its number sets apart; it is said, not shown. */
export function Cell(props: {
  control: Control<JobValues>
  name: FieldPath<JobValues>
  label: string
  options?: [string, string][]
  suggestions?: string
}) {
  const styles = useStyles()
  return (
    <Controller
      control={props.control}
      name={props.name}
      render={({ field, fieldState }) => (
        <Field validationMessage={fieldState.error?.message}>
          {props.options ? (
            <Select
              ref={field.ref}
              name={field.name}
              className={styles.control}
              aria-label={props.label}
              value={String(field.value ?? '')}
              onBlur={field.onBlur}
              onChange={(_, d) => field.onChange(d.value)}
            >
              {props.options.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          ) : (
            <Input
              ref={field.ref}
              name={field.name}
              className={styles.control}
              aria-label={props.label}
              placeholder={props.label}
              list={props.suggestions}
              value={String(field.value ?? '')}
              onBlur={field.onBlur}
              onChange={(_, d) => field.onChange(d.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
      )}
    />
  )
}
