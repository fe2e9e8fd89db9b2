import { Body1, Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { setPassword } from '~/api/queries/session.ts'
import { Form } from '~/components/Form.tsx'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { Refusal } from '~/modules/refusal.tsx'
import { useToasts } from '~/modules/toast.tsx'

const least = 12
const useStyles = makeStyles({
  form: {
    display: 'grid',
    gap: tokens.spacingVerticalM,
    maxWidth: '400px',
    marginTop: tokens.spacingVerticalL,
    justifyItems: 'start',
  },
  wide: { width: '100%' },
})

export function Password() {
  const t = useText()
  const styles = useStyles()
  const say = useToasts()
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const [again, setAgain] = useState('')
  const set = useMutation({
    mutationFn: () => setPassword(fresh, old || undefined),
    onSuccess: () => {
      say.done(t('password.done'))
      setOld('')
      setFresh('')
      setAgain('')
    },
  })
  const short = fresh !== '' && [...fresh].length < least ? t('password.short', { n: [...fresh].length }) : undefined
  const different = again !== '' && again !== fresh ? t('password.different') : undefined
  const ready = fresh !== '' && !short && again === fresh
  const submit = () => {
    if (ready) set.mutate()
  }
  return (
    <>
      <Body1>{t('password.lead')}</Body1>
      <Form className={styles.form} onSubmit={submit}>
        <Field className={styles.wide} label={t('password.old')} hint={t('password.old.hint')}>
          <Input type="password" autoComplete="current-password" value={old} onChange={(_, d) => setOld(d.value)} />
        </Field>
        <Field
          className={styles.wide}
          label={t('password.new')}
          hint={t('password.new.hint')}
          validationState={short ? 'error' : 'none'}
          validationMessage={short}
        >
          <Input type="password" autoComplete="new-password" value={fresh} onChange={(_, d) => setFresh(d.value)} />
        </Field>
        <Field
          className={styles.wide}
          label={t('password.again')}
          validationState={different ? 'error' : 'none'}
          validationMessage={different}
        >
          <Input type="password" autoComplete="new-password" value={again} onChange={(_, d) => setAgain(d.value)} />
        </Field>
        {set.error && (
          <Banner intent="error" title={t('settings.notSaved')}>
            <Refusal error={set.error} />
          </Banner>
        )}
        <Button type="submit" appearance="primary" disabledFocusable={!ready || set.isPending}>
          {t('password.set')}
        </Button>
      </Form>
    </>
  )
}
