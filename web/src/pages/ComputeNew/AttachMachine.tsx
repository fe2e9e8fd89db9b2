import { makeStyles, Spinner, tokens, Text as Words } from '@fluentui/react-components'
import { PlugConnectedRegular } from '@fluentui/react-icons'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { testConnection } from '~/api/queries/compute.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { useText } from '~/i18n/text.tsx'
import { ConnectionChecks } from '~/modules/ConnectionChecks.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { TextField } from '~/modules/FormFields.tsx'
import { SshCredentialFields } from '~/modules/SshCredentialFields.tsx'
import { parseWhole } from '~/modules/specs/numbers.ts'
import { credentialProblems, testBody } from '~/modules/sshCredentials.ts'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { type AttachKind, type AttachValues, machineProblems, placeOf, trustedKey } from './attachValues.ts'
import type { Checked } from './checked.ts'

const useStyles = makeStyles({
  place: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-start',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalM,
  },
  address: { flexGrow: 1, maxWidth: '440px', minWidth: 0 },
  test: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalM },
  note: { color: tokens.colorNeutralForeground2, minWidth: 0, flexShrink: 1, flexBasis: '240px', flexGrow: 1 },
})

/** How a machine is reached by SSH, and a test of it. */
export function AttachMachine({ f, kind }: { f: Checked<AttachValues>; kind: AttachKind }) {
  const t = useText()
  const styles = useStyles()
  const { form, values } = f
  const [tried, setTried] = useState(false)
  const sent = tried || form.formState.isSubmitted
  return (
    <>
      <div className={styles.place}>
        <div className={styles.address}>
          <TextField
            control={form.control}
            name="address"
            label={t('attach.field.address')}
            hint={t(kind === 'attach-vm' ? 'attach.field.address.vm' : 'attach.field.address.hdinsight')}
            required
            size="wide"
          />
        </div>
        <TextField control={form.control} name="port" label={t('attach.field.port')} required numeric size="narrow" />
      </div>
      <div data-field="credentials">
        <SshCredentialFields
          value={values.credentials}
          onChange={(c) => form.setValue('credentials', c, { shouldDirty: true, shouldValidate: sent })}
          missing={sent ? credentialProblems(values.credentials) : []}
        />
      </div>
      <Test f={f} onTry={() => setTried(true)} />
    </>
  )
}

function Test({ f, onTry }: { f: Checked<AttachValues>; onTry: () => void }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const denied = useDenied('computes/write')
  const { form, values } = f
  const bodyOf = (hostKey: string) =>
    testBody(values.address, parseWhole(values.port) ?? 0, values.credentials, hostKey || undefined)
  const test = useMutation({ mutationFn: (body: Record<string, unknown>) => testConnection(ws, body) })
  const run = (hostKey: string) => {
    onTry()
    if (Object.keys(machineProblems(values)).length > 0) {
      void form.trigger(['address', 'port', 'credentials'])
      return
    }
    test.mutate(bodyOf(hostKey))
  }
  const trusted = trustedKey(values)
  const changed = test.variables !== undefined && JSON.stringify(test.variables) !== JSON.stringify(bodyOf(trusted))
  const untrusted = test.data?.hostKey && test.data.hostKey.fingerprint !== trusted
  const note =
    test.isPending || !test.data
      ? 'first'
      : changed
        ? 'stale'
        : untrusted
          ? 'trust'
          : test.data.ok
            ? undefined
            : 'failedHint'
  return (
    <div>
      <div className={styles.test}>
        <ActionButton
          icon={test.isPending ? <Spinner size="tiny" /> : <PlugConnectedRegular />}
          denied={denied}
          disabledFocusable={test.isPending}
          onClick={() => run(trusted)}
        >
          {test.isPending ? t('test.running') : t('test.run')}
        </ActionButton>
        {note && (
          <Words size={200} className={styles.note}>
            {t(`attach.test.${note}`)}
          </Words>
        )}
      </div>
      {test.isError && <Failure error={test.error} />}
      {test.data && (
        <ConnectionChecks
          result={test.data}
          trusted={trusted || undefined}
          onTrust={(hostKey) => {
            // What is trusted is the key of the place that was tried, which the form may have left since.
            const { address, port } = test.variables as { address: string; port: number }
            form.setValue('hostKey', hostKey, { shouldDirty: true })
            form.setValue('hostKeyAt', placeOf({ address, port }), { shouldDirty: true })
            run(trustedKey(form.getValues()))
          }}
        />
      )}
    </div>
  )
}
