import { makeStyles, Spinner, tokens } from '@fluentui/react-components'
import { PlugConnectedRegular } from '@fluentui/react-icons'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFreshness } from '~/api/live.ts'
import { testConnection } from '~/api/queries/compute.ts'
import type { Compute } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { Form } from '~/components/Form.tsx'
import { Panel, PanelGrid, PropertyList } from '~/components/Panel.tsx'
import { useText } from '~/i18n/text.tsx'
import { ConnectionChecks } from '~/modules/ConnectionChecks.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { SshCredentialFields } from '~/modules/SshCredentialFields.tsx'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { credentialProblems, noCredentials, testBody } from '~/modules/sshCredentials.ts'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { AttachedNotices } from './AttachedNotices.tsx'
import { bySsh, defaultPort, propsOf } from './attachedFacts.ts'

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalM },
  lead: { margin: 0 },
})

/** What is known of how it is, and for machines a test of the connection, on demand. */
export function AttachedHealth({ compute, gone }: { compute: Compute; gone: boolean }) {
  const t = useText()
  return (
    <>
      <AttachedNotices compute={compute} />
      <PanelGrid>
        <Panel title={t('attached.known')}>
          <PropertyList
            items={[
              { label: t('attached.provisioning'), value: <StateBadge state={compute.properties.provisioningState} /> },
              { label: t('attached.runs'), value: t('attached.runs.no') },
              { label: t('attached.watched'), value: t('attached.watched.no') },
            ]}
          />
        </Panel>
        {bySsh(compute) && !gone && <Test compute={compute} />}
      </PanelGrid>
    </>
  )
}

function Test({ compute }: { compute: Compute }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const p = propsOf(compute)
  const port = p.sshPort || defaultPort
  const [credentials, setCredentials] = useState({
    ...noCredentials,
    userName: p.administratorAccount?.username ?? '',
  })
  const [trusted, setTrusted] = useState(p.hostKey ?? undefined)
  const [tried, setTried] = useState(false)
  const stale = useFreshness().state === 'reconnecting'
  const denied = useDenied('computes/write')
  const test = useMutation({
    mutationFn: (hostKey: string | undefined) =>
      testConnection(ws, testBody(p.address ?? '', port, credentials, hostKey)),
  })
  const problems = credentialProblems(credentials)
  const run = (hostKey: string | undefined) => {
    setTried(true)
    if (problems.length === 0) test.mutate(hostKey)
  }
  if (!p.address) {
    return (
      <Panel title={t('attached.test.title')}>
        <p className={styles.lead}>{t('attached.test.noAddress')}</p>
      </Panel>
    )
  }
  return (
    <Panel title={t('attached.test.title')}>
      <Form className={styles.form} noValidate onSubmit={() => run(trusted)}>
        <p className={styles.lead}>{t('attached.test.lead', { address: `${p.address}:${port}` })}</p>
        <SshCredentialFields value={credentials} onChange={setCredentials} missing={tried ? problems : []} />
        <div>
          <ActionButton
            type="submit"
            appearance="primary"
            icon={test.isPending ? <Spinner size="tiny" /> : <PlugConnectedRegular />}
            denied={stale ? t('stale.reason') : denied}
            disabledFocusable={test.isPending}
          >
            {test.isPending ? t('test.running') : t('test.run')}
          </ActionButton>
        </div>
      </Form>
      {test.isError && <Failure error={test.error} />}
      {test.data && (
        <ConnectionChecks
          result={test.data}
          trusted={trusted}
          onTrust={(fingerprint) => {
            setTrusted(fingerprint)
            run(fingerprint)
          }}
        />
      )}
    </Panel>
  )
}
