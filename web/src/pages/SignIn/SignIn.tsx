import {
  Button,
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
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError } from '~/api/http.ts'
import { keys } from '~/api/keys.ts'
import { sessionBegun } from '~/api/live.ts'
import { type Credentials, profile, saveProfile, signIn } from '~/api/queries/session.ts'
import { Form } from '~/components/Form.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { Prose } from '~/components/Prose.tsx'
import { type Language, languages, type MessageId } from '~/i18n/catalogue.ts'
import { useLanguage, useText } from '~/i18n/text.tsx'
import { Refusal } from '~/modules/refusal.tsx'
import { ownPath } from './ownPath.ts'

const useStyles = makeStyles({
  page: {
    minHeight: '100vh',
    display: 'grid',
    placeItems: 'center',
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  card: {
    boxSizing: 'border-box',
    width: 'min(440px, 100%)',
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalXXL,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow8,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorTransparentStroke}`,
    '@media (max-width: 479px)': { padding: tokens.spacingHorizontalL },
  },
  ways: { marginInlineStart: `calc(-1 * ${tokens.spacingHorizontalMNudge})` },
  form: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalM },
  chosen: { fontWeight: tokens.fontWeightSemibold, textDecorationLine: 'underline' },
  foot: { display: 'flex', gap: tokens.spacingHorizontalS, justifyContent: 'center' },
})

const words: Record<string, MessageId> = {
  WrongPassword: 'signin.wrong',
  InvalidToken: 'signin.badToken',
  TooManyTries: 'signin.slow',
}

/** Keeps what was chosen here with the user who came in, unless they prefer a language already. */
async function keepLanguage(client: QueryClient, language: Language): Promise<void> {
  try {
    if ((await client.fetchQuery(profile())).language) return
    client.setQueryData(keys.profile(), await saveProfile({ language }))
  } catch {
    // It is shown in it all the same, and can be chosen in the settings.
  }
}

export function SignIn() {
  const t = useText()
  const styles = useStyles()
  const { next, over } = useSearch({ from: '/signin' })
  const [way, setWay] = useState<'password' | 'token'>('password')
  const [user, setUser] = useState('')
  const [secret, setSecret] = useState('')
  const [tried, setTried] = useState(false)
  const client = useQueryClient()
  const navigate = useNavigate()
  const { language, setLanguage } = useLanguage()
  const [chosen, setChosen] = useState<Language>()
  const enter = useMutation({
    mutationFn: (c: Credentials) => signIn(c),
    onSuccess: async () => {
      client.clear()
      sessionBegun()
      if (chosen) void keepLanguage(client, chosen)
      await navigate({ href: ownPath(next), replace: true })
    },
  })
  const submit = (e: FormEvent<HTMLFormElement>) => {
    const form = e.currentTarget
    if (!secret.trim() || (way === 'password' && !user.trim())) {
      setTried(true)
      ;[...form.querySelectorAll('input')].find((input) => !input.value.trim())?.focus()
      return
    }
    enter.mutate(way === 'password' ? { user: user.trim(), password: secret } : { token: secret.trim() })
  }
  const e = enter.error instanceof ApiError ? enter.error : undefined
  const wrong = e && (words[e.code] ? t(words[e.code] as MessageId) : <Refusal error={e} />)
  const missing = (value: string) => (tried && !value.trim() ? t('signin.missing') : undefined)
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <PageHeader
          title={t('signin.title')}
          lead={
            <Text>
              <Prose>{t('signin.lead')}</Prose>
            </Text>
          }
        />
        {over && (
          <MessageBar intent="info" layout="multiline">
            <MessageBarBody>{t('signin.again')}</MessageBarBody>
          </MessageBar>
        )}
        <TabList
          className={styles.ways}
          selectedValue={way}
          onTabSelect={(_, d) => {
            setWay(d.value as 'password' | 'token')
            setSecret('')
            setTried(false)
            enter.reset()
          }}
        >
          <Tab value="password">{t('signin.password.tab')}</Tab>
          <Tab value="token">{t('signin.token.tab')}</Tab>
        </TabList>
        <Form className={styles.form} onSubmit={submit} noValidate>
          {way === 'password' ? (
            <>
              <Field label={t('signin.user')} required validationMessage={missing(user)}>
                <Input
                  autoFocus
                  autoComplete="username"
                  autoCapitalize="none"
                  spellCheck={false}
                  value={user}
                  onChange={(_, d) => setUser(d.value)}
                />
              </Field>
              <Field label={t('signin.password')} required validationMessage={missing(secret)}>
                <Input
                  type="password"
                  autoComplete="current-password"
                  value={secret}
                  onChange={(_, d) => setSecret(d.value)}
                />
              </Field>
            </>
          ) : (
            <Field label={t('signin.token')} hint={t('signin.token.hint')} required validationMessage={missing(secret)}>
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
          <Button type="submit" appearance="primary" disabledFocusable={enter.isPending}>
            {t('signin.submit')}
          </Button>
        </Form>
        <Text size={200}>
          <Prose>{t('signin.link.hint')}</Prose>
        </Text>
        <div className={styles.foot}>
          {Object.entries(languages).map(([value, name]) => (
            <Button
              key={value}
              size="small"
              appearance="subtle"
              className={language === value ? styles.chosen : undefined}
              lang={value}
              aria-pressed={language === value}
              onClick={() => {
                setLanguage(value as Language)
                setChosen(value as Language)
              }}
            >
              {name}
            </Button>
          ))}
        </div>
      </div>
    </main>
  )
}
