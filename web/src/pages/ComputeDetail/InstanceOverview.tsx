import { makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { nodes, why } from '~/api/queries/compute.ts'
import type { Compute, InstanceProps } from '~/api/types.ts'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { Panel, PanelGrid, PropertyList } from '~/components/Panel.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { usePrices } from '~/modules/computePrices.ts'
import { ReasonPanel } from '~/modules/reasons.tsx'
import { parseSeconds } from '~/modules/specs/numbers.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { costText, Problems, usePropertiesOfAll } from './facts.tsx'
import { LatestEvents } from './LatestEvents.tsx'
import { connectionReason } from './nodeColumns.tsx'

const useStyles = makeStyles({
  page: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL },
  reason: { margin: 0 },
})

type Props = { compute: Compute; instance: InstanceProps; gone: boolean }

/** How to reach the instance, how it is, and what happened to it last. */
export function InstanceOverview({ compute: c, instance, gone }: Props) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { data: reasons } = useQuery({ ...why(ws, c.name), enabled: !gone })
  return (
    <div className={styles.page}>
      <Connect compute={c} instance={instance} gone={gone} />
      <Problems compute={c} errors={instance.errors} />
      {(reasons?.reasons?.length ?? 0) > 0 && (
        <ReasonPanel reasons={reasons?.reasons} title={t('why.compute.title')} about={{ compute: c }} />
      )}
      <PanelGrid>
        <Properties compute={c} instance={instance} />
        <LatestEvents compute={c} />
      </PanelGrid>
    </div>
  )
}

/** The SSH line, or honestly why there is none. */
function Connect({ compute: c, instance, gone }: Props) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { data } = useQuery({ ...nodes(ws, c.name), enabled: !gone })
  const ssh = instance.sshSettings
  const address = instance.connectivityEndpoints?.publicIpAddress ?? instance.connectivityEndpoints?.privateIpAddress
  const node = data?.[0]
  const port = ssh?.sshPort
  const line =
    node?.connection ?? (port && address ? `ssh -p ${port} ${ssh?.adminUserName ?? 'azureuser'}@${address}` : undefined)
  return (
    <Panel title={t('details.connect')}>
      {line && ssh?.sshPublicAccess === 'Enabled' ? (
        <CodeBlock
          code={line}
          label={t('details.connection')}
          copyLabel={t('details.connection.copy', { name: c.name })}
        />
      ) : (
        <p className={styles.reason} data-connection="none">
          {ssh?.sshPublicAccess !== 'Enabled'
            ? `${t('details.ssh.notEnabled')} ${t('details.connect.version')}`
            : instance.state === 'Stopped'
              ? t('details.connect.stopped')
              : connectionReason(t, node?.connectionReason)}
        </p>
      )}
      <PropertyList
        items={[
          { label: t('details.user'), value: ssh?.adminUserName },
          { label: t('details.address'), value: address },
          { label: t('details.port'), value: port },
        ]}
      />
    </Panel>
  )
}

function Properties({ compute: c, instance }: { compute: Compute; instance: InstanceProps }) {
  const t = useText()
  const format = useFormat()
  const { first, last } = usePropertiesOfAll(c)
  const prices = usePrices(useMemo(() => [c], [c]))
  const op = instance.lastOperation
  const idle = parseSeconds(instance.idleTimeBeforeShutdown ?? '')
  return (
    <Panel title={t('details.properties')}>
      <PropertyList
        items={[
          ...first,
          { label: t('details.size'), value: instance.vmSize },
          { label: t('details.cost'), value: costText(t, format, prices, c) },
          { label: t('details.createdBy'), value: instance.createdBy?.userName },
          { label: t('details.assignedTo'), value: instance.personalComputeInstanceSettings?.assignedUser?.objectId },
          {
            label: t('details.lastOperation'),
            value: op && (
              <>
                {t('details.operation', {
                  name: t(`details.operation.${op.operationName}` as MessageId),
                  status: t(operationStatus(op.operationStatus)),
                })}{' '}
                · {t(op.operationTrigger === 'IdleShutdown' ? 'details.trigger.idle' : 'details.trigger.user')} ·{' '}
                <Ago at={op.operationTime} />
              </>
            ),
          },
          {
            label: t('details.idleShutdown'),
            value: idle ? t('details.idleShutdown.after', { time: format.duration(idle * 1000) }) : t('time.never'),
          },
          {
            label: t('details.setup'),
            value: instance.setupScripts ? t('preview.warning.NotEnforced.setupScripts') : t('none'),
          },
          { label: t('details.subnet'), value: instance.subnet?.id ?? t('none') },
          { label: t('details.root'), value: t(instance.enableRootAccess === false ? 'no' : 'yes') },
          ...last,
        ]}
      />
    </Panel>
  )
}

const operationStatus = (status: string): MessageId =>
  status === 'InProgress' ? 'details.operation.inProgress' : status === 'Succeeded' ? 'state.Succeeded' : 'state.Failed'
