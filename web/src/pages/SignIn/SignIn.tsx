import {
  Button,
  Card,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Tab,
  TabList,
  Text,
  tokens,
} from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError } from '~/api/http.ts'
import { resync } from '~/api/live.ts'
import { type Credentials, signIn } from '~/api/queries/session.ts'
import { PageHeader } from '~/components/PageHeader.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { languages } from '~/i18n/catalogue.ts'
import { useLanguage, useText } from '~/i18n/text.tsx'

const useStyles = makeStyles({
  page: {
    minHeight: '100vh',
    display: 'grid',
    placeItems: 'center',
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  card: { width: 'min(440px, 100%)', padding: tokens.spacingHorizontalXXL },
  form: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalM },
  foot: { display: 'flex', gap: tokens.spacingHorizontalS, justifyContent: 'center' },
})

/** A path of this site; anything else would lead people elsewhere. */
export const ownPath = (next: string | undefined): string =>
  next && /^\/(?![/\\])/.test(next) && !next.startsWith('/signin') ? next : '/'

const words: Record<string, MessageId> = {
  WrongPassword: 'signin.wrong',
  InvalidToken: 'signin.badToken',
  TooManyTries: 'signin.slow',
}

export function SignIn() {
  const t = useText()
  const styles = useStyles()
  const { next, over } = useSearch({ from: '/signin' })
  const [way, setWay] = useState<'password' | 'token'>('password')
  const [user, setUser] = useState('')
  const [secret, setSecret] = useState('')
  const client = useQueryClient()
  const navigate = useNavigate()
  const { language, setLanguage } = useLanguage()
  const enter = useMutation({
    mutationFn: (c: Credentials) => signIn(c),
    onSuccess: async () => {
      client.clear()
      resync()
      await navigate({ href: ownPath(next), replace: true })
    },
  })
  const submit = (e: FormEvent) => {
    e.preventDefault()
    enter.mutate(way === 'password' ? { user, password: secret } : { token: secret.trim() })
  }
  const e = enter.error instanceof ApiError ? enter.error : undefined
  const wrong = e && (words[e.code] ? t(words[e.code] as MessageId) : e.message)
  return (
    <main className={styles.page}>
      <Card className={styles.card}>
        <PageHeader title={t('signin.title')} lead={<Text>{t('signin.lead')}</Text>} />
        {over && (
          <MessageBar intent="info" layout="multiline">
            <MessageBarBody>{t('signin.again')}</MessageBarBody>
          </MessageBar>
        )}
        <TabList selectedValue={way} onTabSelect={(_, d) => setWay(d.value as 'password' | 'token')}>
          <Tab value="password">{t('signin.password.tab')}</Tab>
          <Tab value="token">{t('signin.token.tab')}</Tab>
        </TabList>
        <form className={styles.form} onSubmit={submit}>
          {way === 'password' ? (
            <>
              <Field label={t('signin.user')} required>
                <Input autoComplete="username" value={user} onChange={(_, d) => setUser(d.value)} />
              </Field>
              <Field label={t('signin.password')} required>
                <Input
                  type="password"
                  autoComplete="current-password"
                  value={secret}
                  onChange={(_, d) => setSecret(d.value)}
                />
              </Field>
            </>
          ) : (
            <Field label={t('signin.token')} hint={t('signin.token.hint')} required>
              <Input type="password" autoComplete="off" value={secret} onChange={(_, d) => setSecret(d.value)} />
            </Field>
          )}
          <div role="alert">
            {wrong && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>{wrong}</MessageBarBody>
              </MessageBar>
            )}
          </div>
          <Button
            type="submit"
            appearance="primary"
            disabled={enter.isPending || !secret || (way === 'password' && !user)}
          >
            {t('signin.submit')}
          </Button>
        </form>
        <Text size={200}>{t('signin.link.hint')}</Text>
        <div className={styles.foot}>
          {Object.entries(languages).map(([value, name]) => (
            <Button
              key={value}
              size="small"
              appearance="subtle"
              lang={value}
              aria-pressed={language === value}
              onClick={() => setLanguage(value as 'en' | 'ko')}
            >
              {name}
            </Button>
          ))}
        </div>
      </Card>
    </main>
  )
}
