import { Button, Field, Input, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { CheckmarkRegular, CircleRegular, DismissRegular } from '@fluentui/react-icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type FocusEventHandler, type RefCallback, useId } from 'react'
import { keys } from '~/api/keys.ts'
import { checkName, computes } from '~/api/queries/compute.ts'
import { useDebounced } from '~/components/debounced.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { type Text, useText } from '~/i18n/text.tsx'
import { brokenRules, computeNames, type NameLimits, type NameRule, nameRules, suggestNames } from './computeName.ts'
import { useWorkspace } from './workspace.tsx'

const computesType = 'Microsoft.MachineLearningServices/workspaces/computes'

export type NameCheck = {
  broken: NameRule[]
  /** True if another compute has the name; undefined while that is not known. */
  taken: boolean | undefined
  /** Why the server would not take it, in its words. */
  refusal: string | undefined
}

/** What is wrong with a name: the rules at once, whether it is taken when the typing rests. */
export function useNameCheck(name: string, limits: NameLimits = computeNames): NameCheck {
  const ws = useWorkspace()
  const rested = useDebounced(name, 200)
  const broken = brokenRules(name, limits)
  const { data, isPlaceholderData } = useQuery({
    queryKey: keys.nameCheck(rested),
    queryFn: ({ signal }) => checkName(ws, rested, computesType, signal),
    enabled: rested === name && broken.length === 0,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  })
  if (broken.length > 0 || rested !== name || !data || isPlaceholderData)
    return { broken, taken: undefined, refusal: undefined }
  const taken = data.reason === 'AlreadyExists'
  return { broken, taken, refusal: taken || data.nameAvailable !== false ? undefined : (data.message ?? undefined) }
}

/** The sentence for what is wrong with a name, or undefined. */
export function nameProblem(t: Text, name: string, check: NameCheck, limits: NameLimits = computeNames) {
  const letters = check.broken.includes('chars') && /\p{L}/u.test(name.replace(/[A-Za-z]/g, ''))
  if (letters) return t('name.lettersOnly')
  const first = (['chars', 'start', 'dash', 'length'] as const).find((r) => check.broken.includes(r))
  if (first) return t(`name.rule.${first}`, limits)
  if (check.taken) return t('name.taken', { name })
  return check.refusal
}

const useStyles = makeStyles({
  below: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    marginTop: tokens.spacingVerticalXS,
  },
  rules: {
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    color: tokens.colorNeutralForeground3,
  },
  rule: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXXS },
  broken: { color: tokens.colorStatusDangerForeground3, fontWeight: tokens.fontWeightSemibold },
  kept: { color: tokens.colorStatusSuccessForeground1 },
  count: { fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground3 },
})

type Props = {
  value: string
  onChange: (name: string) => void
  limits?: NameLimits
  /** What the thing is called when nothing of what was typed can be kept: "cluster". */
  stem: string
  /** Location within which the name must be its own. */
  location?: string
  /** What the form has against it, for example that it is missing. */
  error?: string | undefined
  label?: string
  inputRef?: RefCallback<HTMLInputElement>
  onBlur?: () => void
  onFocus?: FocusEventHandler
}

/** The name of a compute: it says which rule is broken as one types, never stands in the way, and offers what would do. */
export function NameField({ value, onChange, limits = computeNames, stem, location = '', error, ...props }: Props) {
  const t = useText()
  const styles = useStyles()
  const rulesId = useId()
  const check = useNameCheck(value, limits)
  const problem = value === '' ? error : (nameProblem(t, value, check, limits) ?? error)
  const { data: others } = useQuery(computes(useWorkspace()))
  const taken = (name: string) => others?.some((c) => c.name.toLowerCase() === name.toLowerCase()) ?? false
  const suggestions = value !== '' && problem ? suggestNames(value, stem, limits, taken) : []
  const free = check.broken.length === 0 && check.taken === false && !check.refusal
  return (
    <div>
      <Field
        label={props.label ?? t('wizard.field.name')}
        required
        validationState={problem ? 'error' : 'none'}
        validationMessage={problem ? { children: problem, role: undefined } : undefined}
      >
        <Input
          ref={props.inputRef}
          value={value}
          onChange={(_, d) => onChange(d.value)}
          onBlur={props.onBlur}
          onFocus={props.onFocus}
          aria-describedby={rulesId}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
        />
      </Field>
      <div className={styles.below}>
        <span className={styles.count}>
          {value.length}/{limits.max}
        </span>
        <ul id={rulesId} className={styles.rules} aria-label={t('name.rules')}>
          {nameRules.map((rule) => (
            <Rule
              key={rule}
              label={t(`name.short.${rule}` as MessageId, limits)}
              title={t(`name.rule.${rule}` as MessageId, limits)}
              state={value === '' ? undefined : !check.broken.includes(rule)}
            />
          ))}
          <Rule
            label={t('name.short.unique')}
            title={t('name.rule.unique', { location })}
            state={check.broken.length > 0 || check.taken === undefined ? undefined : !check.taken}
          />
        </ul>
      </div>
      {suggestions.length > 0 && (
        <div className={styles.below} role="group" aria-label={t('name.suggestions')}>
          <span className={styles.count}>{t('name.suggestions')}</span>
          {suggestions.map((s) => (
            <Button key={s} size="small" onClick={() => onChange(s)} lang="en">
              {s}
            </Button>
          ))}
        </div>
      )}
      <span role="status" className="visually-hidden">
        {problem ?? (free ? t('name.free', { name: value }) : '')}
      </span>
    </div>
  )
}

function Rule({ label, title, state }: { label: string; title: string; state: boolean | undefined }) {
  const t = useText()
  const styles = useStyles()
  const word = state === undefined ? 'name.open' : state ? 'name.kept' : 'name.broken'
  return (
    <li
      className={mergeClasses(styles.rule, state === true && styles.kept, state === false && styles.broken)}
      title={title}
    >
      <span aria-hidden="true">
        {state === undefined ? <CircleRegular /> : state ? <CheckmarkRegular /> : <DismissRegular />}
      </span>
      {label}
      <span className="visually-hidden">{t(word)}</span>
    </li>
  )
}
