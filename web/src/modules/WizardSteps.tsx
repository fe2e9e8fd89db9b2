import { makeStyles, mergeClasses, shorthands, tokens } from '@fluentui/react-components'
import { ErrorCircleRegular } from '@fluentui/react-icons'
import { useLocation } from '@tanstack/react-router'
import type { MouseEvent } from 'react'
import { useText } from '~/i18n/text.tsx'

export type WizardStep = { id: string; title: string }

type Props = {
  steps: WizardStep[]
  step: string
  errors: { step?: string }[]
  onStep: (id: string) => void
}

const useStyles = makeStyles({
  steps: {
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    listStyleType: 'none',
    margin: `0 0 ${tokens.spacingVerticalL}`,
    padding: 0,
  },
  step: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    minHeight: '28px',
    color: tokens.colorNeutralForeground2,
    textDecorationLine: 'none',
    borderRadius: tokens.borderRadiusMedium,
    ':hover': { textDecorationLine: 'underline' },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  number: {
    display: 'inline-grid',
    placeItems: 'center',
    width: '22px',
    height: '22px',
    borderRadius: tokens.borderRadiusCircular,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    fontSize: tokens.fontSizeBase200,
  },
  current: { color: tokens.colorNeutralForeground1, fontWeight: tokens.fontWeightSemibold },
  currentNumber: {
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    ...shorthands.borderColor(tokens.colorBrandBackground),
  },
  wrong: { color: tokens.colorStatusDangerForeground3 },
})

/** Where one is in a wizard; each step is an address of its own. */
export function WizardSteps({ steps, step, errors, onStep }: Props) {
  const t = useText()
  const styles = useStyles()
  const { pathname, searchStr } = useLocation()
  // Not the router's Link: that says of every link to where one is that it is the page.
  const href = (id: string) => {
    const params = new URLSearchParams(searchStr)
    params.set('step', id)
    return `${pathname}?${params}`
  }
  const go = (e: MouseEvent, id: string) => {
    if (e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey) return
    e.preventDefault()
    onStep(id)
  }
  return (
    <nav aria-label={t('wizard.steps')}>
      <ol className={styles.steps}>
        {steps.map((s, i) => {
          const current = s.id === step
          const wrong = errors.some((e) => e.step === s.id)
          return (
            <li key={s.id}>
              <a
                href={href(s.id)}
                onClick={(e) => go(e, s.id)}
                className={mergeClasses(styles.step, current && styles.current, wrong && styles.wrong)}
                aria-current={current ? 'step' : undefined}
              >
                <span className={mergeClasses(styles.number, current && styles.currentNumber)} aria-hidden="true">
                  {i + 1}
                </span>
                {s.title}
                {wrong && <ErrorCircleRegular role="img" aria-label={t('wizard.step.error')} />}
              </a>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
