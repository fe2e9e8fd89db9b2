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
import type { ReactElement, ReactNode } from 'react'
import {
  type Control,
  Controller,
  type ControllerRenderProps,
  type FieldPath,
  type FieldValues,
  useWatch,
} from 'react-hook-form'
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

type Bound<T extends FieldValues> = ControllerRenderProps<T, FieldPath<T>>

/** What is around the control of a value: its label, lock, hint and error. A switch has its label beside it. */
function Around<T extends FieldValues>(
  p: Common<T> & {
    deps?: FieldPath<T>[] | undefined
    unlabelled?: boolean
    children: (field: Bound<T>) => ReactElement
  },
) {
  const t = useText()
  return (
    <Controller
      control={p.control}
      name={p.name}
      rules={p.deps && { deps: p.deps }}
      render={({ field, fieldState }) => (
        <Field
          label={p.unlabelled ? null : labelOf(p, t)}
          required={p.required ?? false}
          hint={p.hint as string}
          validationMessage={fieldState.error?.message}
          data-help={p.help}
        >
          {p.children(field)}
        </Field>
      )}
    />
  )
}

/** What a control of a text has from the form. */
const bound = <T extends FieldValues>({ ref, name, value, onBlur, onChange }: Bound<T>) => ({
  ref,
  name,
  value: value ?? '',
  onBlur,
  onChange: (_: unknown, d: { value: string }) => onChange(d.value),
})

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
  const styles = useStyles()
  return (
    <Around {...p}>
      {(field) => (
        <Input
          {...bound(field)}
          type={p.type ?? 'text'}
          inputMode={p.numeric ? 'numeric' : 'text'}
          className={p.size === 'wide' ? undefined : p.size === 'medium' ? styles.medium : p.size && styles.narrow}
          input={{ className: p.code ? styles.code : undefined }}
          placeholder={p.placeholder}
          contentAfter={p.after as never}
          autoComplete={p.autoComplete ?? 'off'}
          spellCheck={false}
        />
      )}
    </Around>
  )
}

export function AreaField<T extends FieldValues>(
  p: Common<T> & { rows?: number; code?: boolean; placeholder?: string },
) {
  const styles = useStyles()
  return (
    <Around {...p}>
      {(field) => (
        <Textarea
          {...bound(field)}
          textarea={{ className: p.code ? styles.code : undefined, rows: p.rows ?? 3 }}
          resize="vertical"
          placeholder={p.placeholder}
          spellCheck={false}
        />
      )}
    </Around>
  )
}

export type Choice = { value: string; label: string; note?: string }

/** One of a few, all in sight. */
export function ChoiceField<T extends FieldValues>(p: Common<T> & { choices: Choice[]; vertical?: boolean }) {
  const styles = useStyles()
  const value = useWatch({ control: p.control, name: p.name })
  const note = p.choices.find((c) => c.value === value)?.note
  return (
    <div>
      <Around {...p}>
        {({ ref: _, ...field }) => (
          <RadioGroup
            {...field}
            layout={p.vertical ? 'vertical' : 'horizontal'}
            className={styles.choices}
            onChange={(_, d) => field.onChange(d.value)}
          >
            {p.choices.map((c) => (
              <Radio key={c.value} value={c.value} label={c.label} />
            ))}
          </RadioGroup>
        )}
      </Around>
      {note && <div className={styles.note}>{note}</div>}
    </div>
  )
}

/** One of several, in a list that opens. */
export function SelectField<T extends FieldValues>(p: Common<T> & { choices: Choice[] }) {
  const styles = useStyles()
  return (
    <Around {...p}>
      {(field) => (
        <Select {...bound(field)} className={styles.medium}>
          {p.choices.map((c) => (
            <option key={c.value} value={c.value}>
              {c.label}
            </option>
          ))}
        </Select>
      )}
    </Around>
  )
}

export function SwitchField<T extends FieldValues>(p: Common<T>) {
  const t = useText()
  return (
    <Around {...p} unlabelled>
      {(field) => (
        <Switch
          ref={field.ref}
          name={field.name}
          checked={Boolean(field.value)}
          onBlur={field.onBlur}
          onChange={(_, d) => field.onChange(d.checked)}
          label={labelOf(p, t)}
        />
      )}
    </Around>
  )
}
