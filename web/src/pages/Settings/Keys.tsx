import { Body1, Button, Field, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '~/api/keys.ts'
import { profile, saveProfile } from '~/api/queries/session.ts'
import type { Profile } from '~/api/types.ts'
import { type Column, DataTable } from '~/components/DataTable.tsx'
import { Form } from '~/components/Form.tsx'
import { Empty, Loading } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { useToasts } from '~/modules/toast.tsx'
import { keyComment, keyKind } from './publicKey.ts'

const useStyles = makeStyles({
  form: {
    display: 'grid',
    gap: tokens.spacingVerticalM,
    maxWidth: '720px',
    marginTop: tokens.spacingVerticalXL,
    justifyItems: 'start',
  },
  wide: { width: '100%' },
})

type Key = Profile['sshKeys'][number]

/** The caller's public keys. */
export function Keys() {
  const t = useText()
  const styles = useStyles()
  const say = useToasts()
  const client = useQueryClient()
  const { data, error, refetch } = useQuery(profile())
  const save = useMutation({
    mutationFn: (sshKeys: Key[]) => saveProfile({ sshKeys }),
    onSuccess: (p) => {
      client.setQueryData(keys.profile(), p)
      say.done(t('settings.saved'))
    },
    onError: (e) => say.refused(t('settings.notSaved'), e),
  })
  const failure = error && <Failure error={error} retry={() => void refetch()} />
  if (!data) return failure ?? <Loading />
  const columns: Column<Key>[] = [
    { id: 'name', header: t('keys.name'), main: true, cell: (k) => k.name },
    {
      id: 'fingerprint',
      header: t('keys.fingerprint'),
      card: true,
      cardLabel: true,
      cell: (k) => <code>{k.fingerprint ?? '–'}</code>,
    },
    {
      id: 'added',
      header: t('keys.added'),
      card: true,
      cardLabel: true,
      cell: (k) => <Ago at={k.addedAt} />,
    },
    {
      id: 'remove',
      header: t('action.remove'),
      card: true,
      cell: (k) => (
        <Button
          size="small"
          aria-label={t('keys.remove', { name: k.name })}
          onClick={() => save.mutate(data.sshKeys.filter((other) => other.name !== k.name))}
        >
          {t('action.remove')}
        </Button>
      ),
    },
  ]
  return (
    <>
      {failure}
      <Body1 className={styles.wide}>{t('keys.lead')}</Body1>
      {data.sshKeys.length === 0 ? (
        <Empty title={t('keys.none')}>{t('keys.none.help')}</Empty>
      ) : (
        <DataTable
          label={t('settings.tab.keys')}
          columns={columns}
          rows={data.sshKeys}
          rowKey={(k) => k.name}
          rowName={(k) => k.name}
        />
      )}
      <AddKey
        taken={data.sshKeys.map((k) => k.name)}
        busy={save.isPending}
        add={(k) => save.mutateAsync([...data.sshKeys, k])}
      />
    </>
  )
}

function AddKey({ taken, busy, add }: { taken: string[]; busy: boolean; add: (k: Key) => Promise<unknown> }) {
  const t = useText()
  const styles = useStyles()
  const [name, setName] = useState('')
  const [text, setText] = useState('')
  const kind = keyKind(text)
  const wrong = text === '' || kind === 'public' ? undefined : t(kind === 'private' ? 'keys.private' : 'keys.bad')
  const called = name.trim() || keyComment(text)
  const clash = taken.includes(called) ? t('keys.nameTaken') : undefined
  const submit = async () => {
    await add({ name: called, publicKey: text.trim() })
    setName('')
    setText('')
  }
  return (
    <Form className={styles.form} onSubmit={() => void submit()}>
      <Field
        className={styles.wide}
        label={t('keys.public')}
        hint={t('keys.public.hint')}
        validationState={wrong ? 'error' : 'none'}
        validationMessage={wrong}
      >
        <Textarea value={text} onChange={(_, d) => setText(d.value)} rows={3} resize="vertical" spellCheck={false} />
      </Field>
      <Field label={t('keys.name')} validationState={clash ? 'error' : 'none'} validationMessage={clash}>
        <Input value={name} placeholder={keyComment(text)} onChange={(_, d) => setName(d.value)} />
      </Field>
      <Button
        type="submit"
        appearance="primary"
        disabledFocusable={busy || kind !== 'public' || !called || Boolean(clash)}
      >
        {t('keys.add')}
      </Button>
    </Form>
  )
}
