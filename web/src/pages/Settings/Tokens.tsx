import { Body1, Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '~/api/keys.ts'
import { createToken, revokeToken, tokens as tokenList } from '~/api/queries/session.ts'
import type { TokenInfo } from '~/api/types.ts'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { ConfirmDialog } from '~/components/ConfirmDialog.tsx'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Form } from '~/components/Form.tsx'
import { Banner, Empty, Loading } from '~/components/Notice.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { useToasts } from '~/modules/toast.tsx'

const useStyles = makeStyles({
  form: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-start',
    gap: tokens.spacingHorizontalM,
    marginBlock: tokens.spacingVerticalL,
  },
  button: { marginTop: '26px', '@media (max-width: 479px)': { marginTop: 0 } },
})

/** What signs in as the caller without a browser: tokens that they made, and devices that they let in. */
export function Tokens() {
  const t = useText()
  const format = useFormat()
  const say = useToasts()
  const client = useQueryClient()
  const { data, error, refetch } = useQuery(tokenList())
  const [asked, setAsked] = useState<TokenInfo>()
  const revoke = useMutation({
    mutationFn: (token: TokenInfo) => revokeToken(token.id),
    onSuccess: (_, token) => say.done(t('tokens.revoked', { name: token.name })),
    onError: (e, token) => say.refused(t('tokens.revoke', { name: token.name }), e),
    onSettled: () => {
      setAsked(undefined)
      void client.invalidateQueries({ queryKey: keys.tokens() })
    },
  })
  const failure = error && <Failure error={error} retry={() => void refetch()} />
  if (!data) return failure ?? <Loading />
  const columns: Column<TokenInfo>[] = [
    { id: 'name', header: t('tokens.name'), main: true, cell: (k) => k.name },
    { id: 'kind', header: t('tokens.kind'), cell: (k) => t(`tokens.kind.${k.kind}`) },
    { id: 'created', header: t('tokens.created'), cell: (k) => <Ago at={k.createdAt} /> },
    { id: 'expires', header: t('tokens.expires'), card: true, cardLabel: true, cell: (k) => format.date(k.expiresAt) },
    {
      id: 'used',
      header: t('tokens.used'),
      card: true,
      cardLabel: true,
      cell: (k) => (k.lastUsedAt ? <Ago at={k.lastUsedAt} /> : t('time.never')),
    },
    {
      id: 'revoke',
      header: t('action.revoke'),
      card: true,
      cell: (k) => (
        <Button size="small" aria-label={t('tokens.revoke', { name: k.name })} onClick={() => setAsked(k)}>
          {t('action.revoke')}
        </Button>
      ),
    },
  ]
  return (
    <>
      {failure}
      <Body1>{t('tokens.lead')}</Body1>
      <NewToken />
      {data.length === 0 ? (
        <Empty title={t('tokens.none')} cli="atelier token create ci --days 30" copyLabel={t('action.copyCli')}>
          {t('tokens.none.help')}
        </Empty>
      ) : (
        <DataTable
          label={t('settings.tab.tokens')}
          columns={columns}
          rows={data}
          rowKey={(k) => k.id}
          rowName={(k) => k.name}
        />
      )}
      <ConfirmDialog
        open={asked !== undefined}
        title={t('tokens.revoke.title', { name: asked?.name ?? '' })}
        confirm={t('action.revoke')}
        busy={revoke.isPending}
        onConfirm={() => asked && revoke.mutate(asked)}
        onClose={() => setAsked(undefined)}
      >
        <Body1>{t('tokens.revoke.body')}</Body1>
      </ConfirmDialog>
    </>
  )
}

function NewToken() {
  const t = useText()
  const styles = useStyles()
  const say = useToasts()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState('30')
  const plain = days.normalize('NFKC').trim()
  const good = /^\d+$/.test(plain) && Number(plain) >= 1 && Number(plain) <= 365
  const create = useMutation({
    mutationFn: () => createToken(name.trim(), Number(plain)),
    onSuccess: () => {
      setName('')
      void client.invalidateQueries({ queryKey: keys.tokens() })
    },
    onError: (e) => say.refused(t('tokens.create'), e),
  })
  const submit = () => {
    if (good && name.trim()) create.mutate()
  }
  return (
    <>
      <Form className={styles.form} onSubmit={submit}>
        <Field label={t('tokens.name')} hint={t('tokens.name.hint')}>
          <Input value={name} onChange={(_, d) => setName(d.value)} />
        </Field>
        <Field
          label={t('tokens.days')}
          validationState={good ? 'none' : 'error'}
          validationMessage={good ? undefined : t('tokens.days.bad')}
        >
          <Input inputMode="numeric" value={days} onChange={(_, d) => setDays(d.value)} />
        </Field>
        <Button
          className={styles.button}
          type="submit"
          appearance="primary"
          disabledFocusable={!good || !name.trim() || create.isPending}
        >
          {t('tokens.create')}
        </Button>
      </Form>
      {create.data && (
        <Banner intent="success" title={t('tokens.once')}>
          <CodeBlock code={create.data.token} label={t('tokens.once')} copyLabel={t('tokens.copy')} />
        </Banner>
      )}
    </>
  )
}
