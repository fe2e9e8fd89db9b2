import { Button, Field, Input, makeStyles, Radio, RadioGroup, Textarea, tokens } from '@fluentui/react-components'
import { DocumentKeyRegular } from '@fluentui/react-icons'
import { useRef } from 'react'
import { useText } from '~/i18n/text.tsx'
import type { CredentialProblem, SshCredentials } from './sshCredentials.ts'

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalM },
  short: { maxWidth: '320px' },
  key: { '& textarea': { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 } },
  file: { display: 'none' },
})

/** User name and a key or a password. Missing says what is to be complained about. */
export function SshCredentialFields(props: {
  value: SshCredentials
  onChange: (c: SshCredentials) => void
  missing: readonly CredentialProblem[]
}) {
  const t = useText()
  const styles = useStyles()
  const { value, missing } = props
  const set = (change: Partial<SshCredentials>) => props.onChange({ ...value, ...change })
  const wrong = (...problems: CredentialProblem[]) => {
    const found = problems.find((p) => missing.includes(p))
    return found && t(`ssh.missing.${found}`)
  }
  return (
    <div className={styles.root}>
      <Field label={t('ssh.userName')} required validationMessage={wrong('userName')} className={styles.short}>
        <Input
          value={value.userName}
          onChange={(_, d) => set({ userName: d.value })}
          autoComplete="off"
          spellCheck={false}
        />
      </Field>
      <Field label={t('ssh.method')}>
        <RadioGroup
          layout="horizontal"
          value={value.method}
          onChange={(_, d) => set({ method: d.value as SshCredentials['method'] })}
        >
          <Radio value="key" label={t('ssh.method.key')} />
          <Radio value="password" label={t('ssh.method.password')} />
        </RadioGroup>
      </Field>
      {value.method === 'key' ? (
        <KeyFields value={value} set={set} wrong={wrong('privateKey', 'publicKey', 'notKey')} />
      ) : (
        <Field
          label={t('ssh.password')}
          required
          hint={t('ssh.password.hint')}
          validationMessage={wrong('password')}
          className={styles.short}
        >
          <Input
            type="password"
            value={value.password}
            onChange={(_, d) => set({ password: d.value })}
            autoComplete="new-password"
          />
        </Field>
      )}
    </div>
  )
}

function KeyFields(props: {
  value: SshCredentials
  set: (change: Partial<SshCredentials>) => void
  wrong: string | undefined
}) {
  const t = useText()
  const styles = useStyles()
  const file = useRef<HTMLInputElement>(null)
  return (
    <>
      <Field label={t('ssh.key')} required hint={t('ssh.key.hint')} validationMessage={props.wrong}>
        <Textarea
          className={styles.key}
          resize="vertical"
          rows={4}
          value={props.value.privateKey}
          onChange={(_, d) => props.set({ privateKey: d.value })}
          placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
          autoComplete="off"
          spellCheck={false}
        />
      </Field>
      <div>
        <Button size="small" icon={<DocumentKeyRegular />} onClick={() => file.current?.click()}>
          {t('ssh.key.file')}
        </Button>
        <input
          ref={file}
          type="file"
          className={styles.file}
          tabIndex={-1}
          aria-label={t('ssh.key.file')}
          onChange={async (e) => {
            const chosen = e.target.files?.[0]
            if (chosen) props.set({ privateKey: await chosen.text() })
            e.target.value = ''
          }}
        />
      </div>
      <Field label={t('ssh.passphrase')} className={styles.short}>
        <Input
          type="password"
          value={props.value.passphrase}
          onChange={(_, d) => props.set({ passphrase: d.value })}
          autoComplete="new-password"
        />
      </Field>
    </>
  )
}
