/** Fields bound to values of a form, each with its label, lock, hint and error. Help names what the help pane says of it. */
import {
  Field,
  Input,
  makeStyles,
  Radio,
  RadioGroup,
  Select,
  Switch,
  Textarea,
  tokens,
} from '@fluentui/react-components'
import { LockClosedRegular } from '@fluentui/react-icons'
import type { ReactNode } from 'react'
import { type Control, Controller, type FieldPath, type FieldValues } from 'react-hook-form'
import { useText } from '~/i18n/text.tsx'

const useStyles = makeStyles({
  narrow: { maxWidth: '160px' },
  medium: { maxWidth: '440px' },
  code: { fontFamily: tokens.fontFamilyMonospace },
  choices: { flexWrap: 'wrap', marginInlineStart: '-8px' },
  note: {
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground2,
    paddingInlineStart: tokens.spacingHorizontalXXXL,
  },
})

type Common<T extends FieldValues> = {
  control: Control<T>
  name: FieldPath<T>
  label: string
  help?: string
  /** It cannot be changed later. */
  lock?: boolean
  required?: boolean
  hint?: ReactNode
}

const labelOf = (p: { label: string; lock?: boolean }, t: ReturnType<typeof useText>) =>
  p.lock
    ? {
        children: (
          <>
            {p.label}{' '}
            <span title={t('wizard.cannotChange')}>
              <LockClosedRegular role="img" aria-label={t('wizard.cannotChange')} />
            </span>
          </>
        ),
      }
    : p.label

export function TextField<T extends FieldValues>(
  p: Common<T> & {
    type?: 'text' | 'password' | 'time'
    size?: 'narrow' | 'medium' | 'wide'
    numeric?: boolean
    code?: boolean
    placeholder?: string
    after?: ReactNode
    autoComplete?: string
    /** Fields whose rules look at this one. */
    deps?: FieldPath<T>[]
  },
) {
  const t = useText()
  const styles = useStyles()
  return (
    <Controller
      control={p.control}
      name={p.name}
      rules={p.deps && { deps: p.deps }}
      render={({ field, fieldState }) => (
        <Field
          label={labelOf(p, t)}
          required={p.required ?? false}
          hint={p.hint as string}
          validationMessage={fieldState.error?.message}
          data-help={p.help}
        >
          <Input
            ref={field.ref}
            name={field.name}
            value={field.value ?? ''}
            onBlur={field.onBlur}
            onChange={(_, d) => field.onChange(d.value)}
            type={p.type ?? 'text'}
            inputMode={p.numeric ? 'numeric' : 'text'}
            className={p.size === 'wide' ? undefined : p.size === 'medium' ? styles.medium : p.size && styles.narrow}
            input={{ className: p.code ? styles.code : undefined }}
            placeholder={p.placeholder}
            contentAfter={p.after as never}
            autoComplete={p.autoComplete ?? 'off'}
            spellCheck={false}
          />
        </Field>
      )}
    />
  )
}

export function AreaField<T extends FieldValues>(
  p: Common<T> & { rows?: number; code?: boolean; placeholder?: string },
) {
  const t = useText()
  const styles = useStyles()
  return (
    <Controller
      control={p.control}
      name={p.name}
      render={({ field, fieldState }) => (
        <Field
          label={labelOf(p, t)}
          required={p.required ?? false}
          hint={p.hint as string}
          validationMessage={fieldState.error?.message}
          data-help={p.help}
        >
          <Textarea
            ref={field.ref}
            name={field.name}
            value={field.value ?? ''}
            onBlur={field.onBlur}
            onChange={(_, d) => field.onChange(d.value)}
            textarea={{ className: p.code ? styles.code : undefined, rows: p.rows ?? 3 }}
            resize="vertical"
            placeholder={p.placeholder}
            spellCheck={false}
          />
        </Field>
      )}
    />
  )
}

export type Choice = { value: string; label: string; note?: string }

/** One of a few, all in sight. */
export function ChoiceField<T extends FieldValues>(p: Common<T> & { choices: Choice[]; vertical?: boolean }) {
  const t = useText()
  const styles = useStyles()
  return (
    <Controller
      control={p.control}
      name={p.name}
      render={({ field, fieldState }) => (
        <div data-help={p.help}>
          <Field
            label={labelOf(p, t)}
            required={p.required ?? false}
            hint={p.hint as string}
            validationMessage={fieldState.error?.message}
          >
            <RadioGroup
              name={field.name}
              layout={p.vertical ? 'vertical' : 'horizontal'}
              className={styles.choices}
              value={field.value}
              onBlur={field.onBlur}
              onChange={(_, d) => field.onChange(d.value)}
            >
              {p.choices.map((c) => (
                <Radio key={c.value} value={c.value} label={c.label} />
              ))}
            </RadioGroup>
          </Field>
          {p.choices.map(
            (c) =>
              c.note &&
              field.value === c.value && (
                <div key={c.value} className={styles.note}>
                  {c.note}
                </div>
              ),
          )}
        </div>
      )}
    />
  )
}

/** One of several, in a list that opens. */
export function SelectField<T extends FieldValues>(p: Common<T> & { choices: Choice[] }) {
  const t = useText()
  const styles = useStyles()
  return (
    <Controller
      control={p.control}
      name={p.name}
      render={({ field, fieldState }) => (
        <Field
          label={labelOf(p, t)}
          required={p.required ?? false}
          hint={p.hint as string}
          validationMessage={fieldState.error?.message}
          data-help={p.help}
        >
          <Select
            ref={field.ref}
            name={field.name}
            className={styles.medium}
            value={field.value}
            onBlur={field.onBlur}
            onChange={(_, d) => field.onChange(d.value)}
          >
            {p.choices.map((c) => (
              <option key={c.value} value={c.value}>
                {c.label}
              </option>
            ))}
          </Select>
        </Field>
      )}
    />
  )
}

export function SwitchField<T extends FieldValues>(p: Common<T>) {
  const t = useText()
  return (
    <Controller
      control={p.control}
      name={p.name}
      render={({ field }) => (
        <Field hint={p.hint as string} data-help={p.help}>
          <Switch
            ref={field.ref}
            name={field.name}
            checked={Boolean(field.value)}
            onBlur={field.onBlur}
            onChange={(_, d) => field.onChange(d.checked)}
            label={labelOf(p, t)}
          />
        </Field>
      )}
    />
  )
}
