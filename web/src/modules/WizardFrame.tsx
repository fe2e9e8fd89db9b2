import { Button, Link as FluentLink, makeStyles, tokens, Text as Words } from '@fluentui/react-components'
import { type FocusEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useFreshness } from '~/api/live.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { composing } from '~/components/composing.ts'
import { Form } from '~/components/Form.tsx'
import { Banner } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { type WizardStep, WizardSteps } from './WizardSteps.tsx'
import { useDenied } from './workspace.tsx'

/** Something to correct: where it is, and how to get there. */
export type WizardError = { step?: string; message: string; go: () => void }

type Props = {
  title: string
  /** Beside the title, for example presets. */
  lead?: ReactNode
  /** Pages of the wizard in order; none for a form of one page. */
  steps?: WizardStep[]
  step?: string
  onStep?: (id: string) => void
  errors: WizardError[]
  draft?: { restored: boolean; drop: () => void }
  /** Goes to the next step if this one is right, or does it at the last. */
  onNext: () => void
  /** Goes to the last step, where everything is reviewed. */
  onReview?: (() => void) | undefined
  onCancel: () => void
  /** What the last step does: "Create". */
  doneLabel: string
  busy: boolean
  /** What one must be allowed to do for it; "computes/write" if not said. */
  action?: string
  /** Beside the form: what the server says, what to copy. */
  aside?: ReactNode
  children: ReactNode
}

const wide = '@media (min-width: 1100px)'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalXXL,
    rowGap: tokens.spacingVerticalL,
    alignItems: 'start',
    [wide]: { gridTemplateColumns: 'minmax(0, 1fr) 340px' },
  },
  fields: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalL,
    minWidth: 0,
    // What has the focus is never behind the footer.
    '& :is(input, select, textarea, button, a, summary)': { scrollMarginBottom: '96px', scrollMarginTop: '64px' },
  },
  aside: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalL,
    minWidth: 0,
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground2,
    borderRadius: tokens.borderRadiusLarge,
    [wide]: { position: 'sticky', top: tokens.spacingVerticalM },
  },
  footer: {
    position: 'sticky',
    bottom: 0,
    zIndex: 5,
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    marginTop: tokens.spacingVerticalL,
    paddingBlock: tokens.spacingVerticalM,
    backgroundColor: tokens.colorNeutralBackground1,
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  end: { marginInlineStart: 'auto', display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  keys: { color: tokens.colorNeutralForeground3, '@media (max-width: 767px)': { display: 'none' } },
  heading: { margin: 0 },
  help: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalXS },
  errors: { margin: 0, paddingInlineStart: tokens.spacingHorizontalL, '& li': { minHeight: '28px' } },
})

/** A form of one or more steps on a page of its own, with what the server says beside it. */
export function WizardFrame(p: Props) {
  const t = useText()
  const styles = useStyles()
  const [help, setHelp] = useState<string>()
  const denied = useDenied(p.action ?? 'computes/write')
  const stale = useFreshness().state === 'reconnecting' ? t('stale.reason') : undefined
  const { steps = [], step = '', onStep = () => {} } = p
  const at = Math.max(
    0,
    steps.findIndex((s) => s.id === step),
  )
  const last = at >= steps.length - 1
  const submit = (e: { preventDefault(): void }) => {
    e.preventDefault()
    if (!p.busy && !(last && (denied ?? stale))) p.onNext()
  }
  const keyDown = (e: KeyboardEvent<HTMLFormElement>) => {
    if (e.key === 'Enter' && !e.defaultPrevented && (e.ctrlKey || e.metaKey)) submit(e)
  }
  // With nothing focused, the keys are still the form's.
  const latest = useRef(submit)
  latest.current = submit
  useEffect(() => {
    const hear = (e: globalThis.KeyboardEvent) => {
      const here = e.target === document.body && e.key === 'Enter' && (e.ctrlKey || e.metaKey)
      if (here && !composing(e)) latest.current(e)
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
  const showHelp = (e: FocusEvent<HTMLFormElement>) => {
    const about = (e.target.closest('[data-help]') as HTMLElement | null)?.dataset.help
    if (about) setHelp(about)
  }
  return (
    <Form onSubmit={submit} onKeyDown={keyDown} onFocus={showHelp} noValidate>
      <PageHeader title={p.title} actions={p.lead} />
      {steps.length > 1 && <WizardSteps steps={steps} step={step} errors={p.errors} onStep={onStep} />}
      {p.draft?.restored && (
        <Banner
          intent="info"
          actions={
            <Button size="small" onClick={p.draft.drop}>
              {t('wizard.draft.drop')}
            </Button>
          }
        >
          {t('wizard.draft')}
        </Banner>
      )}
      <Errors errors={p.errors} />
      <div className={styles.grid}>
        <div>
          <div className={styles.fields}>{p.children}</div>
          <div className={styles.footer}>
            {at > 0 && <Button onClick={() => onStep(steps[at - 1]?.id ?? '')}>{t('action.back')}</Button>}
            <Button onClick={p.onCancel}>{t('action.cancel')}</Button>
            <div className={styles.end}>
              {!last && p.onReview && <Button onClick={p.onReview}>{t('wizard.review')}</Button>}
              <ActionButton
                type="submit"
                appearance="primary"
                denied={last ? (denied ?? stale) : undefined}
                disabledFocusable={p.busy}
                aria-keyshortcuts="Control+Enter"
              >
                {last ? p.doneLabel : t('action.next')}
              </ActionButton>
            </div>
            <Words size={200} className={styles.keys} aria-hidden="true">
              Ctrl+Enter
            </Words>
          </div>
        </div>
        {(p.aside || help) && (
          <aside className={styles.aside} aria-label={t('wizard.aside')}>
            {p.aside}
            {help && (
              <section className={styles.help} aria-labelledby="wizard-help">
                <Words as="h2" weight="semibold" id="wizard-help" className={styles.heading}>
                  {t('wizard.help')}
                </Words>
                <Words size={200}>{t(`help.${help}` as MessageId)}</Words>
              </section>
            )}
          </aside>
        )}
      </div>
    </Form>
  )
}

/** What is to be corrected, each with the way to it. */
function Errors({ errors }: { errors: WizardError[] }) {
  const t = useText()
  const styles = useStyles()
  return (
    <div role="alert">
      {errors.length > 0 && (
        <Banner intent="error" title={t('wizard.errors.title', { n: errors.length })}>
          <ul className={styles.errors}>
            {errors.map((e) => (
              <li key={e.message}>
                <FluentLink as="button" type="button" inline onClick={e.go}>
                  {e.message}
                </FluentLink>
              </li>
            ))}
          </ul>
        </Banner>
      )}
    </div>
  )
}
