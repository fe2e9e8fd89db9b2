import { useRef } from 'react'
import { type DefaultValues, type FieldPath, type FieldValues, type UseFormReturn, useForm } from 'react-hook-form'
import { useText } from '~/i18n/text.tsx'
import type { WizardError } from '~/modules/WizardFrame.tsx'
import type { Problems, Said } from './problems.ts'

export type Checked<V extends FieldValues> = {
  form: UseFormReturn<V>
  values: V
  problems: Problems<V>
  /** What is to be corrected, once the form was sent. */
  errors: WizardError[]
}

/** A form whose rules are one function of all that it holds. They are told of a field as it changes, and of all when it is sent. */
export function useChecked<V extends FieldValues>(start: V, check: (v: V) => Problems<V>): Checked<V> {
  const t = useText()
  const rules = useRef(check)
  rules.current = check
  const form = useForm<V>({
    defaultValues: start as DefaultValues<V>,
    mode: 'onChange',
    resolver: (values) => {
      const errors: Record<string, { type: string; message: string }> = {}
      for (const [field, said] of Object.entries(rules.current(values)) as [string, Said][]) {
        errors[field] = { type: said.id, message: t(said.id, said.values) }
      }
      return Object.keys(errors).length > 0 ? { values: {}, errors: errors as never } : { values, errors: {} }
    },
  })
  const values = form.watch()
  const problems = check(values)
  const errors = Object.entries(problems) as [FieldPath<V>, Said][]
  return {
    form,
    values,
    problems,
    errors: form.formState.isSubmitted
      ? errors.map(([field, said]) => ({ message: t(said.id, said.values), go: () => focus(form, field) }))
      : [],
  }
}

/** Fields that are more than one control have no ref of the form's; their first control has the name in data-field. */
function focus<V extends FieldValues>(form: UseFormReturn<V>, field: FieldPath<V>): void {
  const part = document.querySelector<HTMLElement>(`[data-field="${field}"]`)
  const control = part?.querySelector<HTMLElement>('input, textarea, select, button')
  if (control) control.focus()
  else form.setFocus(field)
}
