import { makeStyles, tokens } from '@fluentui/react-components'
import type { Compute } from '~/api/types.ts'
import { Panel, type Property, PropertyList } from '~/components/Panel.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { type Text, useText } from '~/i18n/text.tsx'
import { AksPanels } from './AksPanels.tsx'
import { type AttachedProps, defaultPort, propsOf } from './attachedFacts.ts'

const useStyles = makeStyles({
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

/** What only computes of the kind have. */
export function AttachedKindPanels({ compute }: { compute: Compute }) {
  const t = useText()
  const styles = useStyles()
  const kind = compute.properties.computeType
  const p = propsOf(compute)
  const code = (text: string | null | undefined) => text && <span className={styles.code}>{text}</span>
  switch (kind) {
    case 'AKS':
      return <AksPanels compute={compute} />
    case 'VirtualMachine':
    case 'HDInsight':
      return <PropertyPanel title="attached.machine" items={machine(t, p, code)} />
    case 'Kubernetes':
      return <PropertyPanel title="attached.cluster" items={kubernetes(t, p, compute)} />
    case 'Databricks':
      return (
        <PropertyPanel
          title={`type.${kind}`}
          items={[
            { label: t('attached.workspaceUrl'), value: code(p.workspaceUrl) },
            { label: t('attached.credentials'), value: t('attached.credentials.kept') },
          ]}
        />
      )
    case 'DataLakeAnalytics':
      return (
        <PropertyPanel
          title={`type.${kind}`}
          items={[{ label: t('attached.account'), value: p.dataLakeStoreAccountName || accountOf(compute) }]}
        />
      )
    case 'SynapseSpark':
      return <PropertyPanel title={`type.${kind}`} items={spark(t, p)} />
    default:
      return null
  }
}

function PropertyPanel({ title, items }: { title: MessageId; items: Property[] }) {
  const t = useText()
  return (
    <Panel title={t(title)}>
      <PropertyList items={items} />
    </Panel>
  )
}

const accountOf = (c: Compute): string => c.properties.resourceId?.split('/').at(-1) ?? ''

function machine(t: Text, p: AttachedProps, code: (text: string | null | undefined) => Property['value']): Property[] {
  const items: Property[] = [
    { label: t('attached.address'), value: code(p.address) },
    { label: t('attached.port'), value: p.sshPort || defaultPort },
    { label: t('attached.userName'), value: p.administratorAccount?.username },
  ]
  if (p.administratorAccount?.publicKeyData) {
    items.push({ label: t('attached.publicKey'), value: code(p.administratorAccount.publicKeyData) })
  }
  if (p.virtualMachineSize) items.push({ label: t('attached.size'), value: p.virtualMachineSize })
  if (p.hostKey) items.push({ label: t('attached.hostKey'), value: code(p.hostKey) })
  items.push({ label: t('attached.credentials'), value: t('attached.credentials.kept') })
  return items
}

function kubernetes(t: Text, p: AttachedProps, compute: Compute): Property[] {
  const identity = compute.identity?.type
  const types = Object.keys(p.instanceTypes ?? {})
  const items: Property[] = [
    { label: t('attached.namespace'), value: p.namespace },
    { label: t('attached.identity'), value: identity && identity !== 'None' ? identityWord(t, identity) : t('none') },
    { label: t('attached.instanceType'), value: p.defaultInstanceType },
  ]
  if (p.clusterPurpose) {
    items.splice(1, 0, {
      label: t('attached.purpose'),
      value: t(`attached.purpose.${p.clusterPurpose}` as MessageId),
    })
  }
  if (types.length > 0) items.push({ label: t('attached.instanceTypes'), value: types.join(', ') })
  if (p.extensionPrincipalId) items.push({ label: t('attached.principal'), value: p.extensionPrincipalId })
  return items
}

const identityWord = (t: Text, type: string): string =>
  type
    .split(',')
    .map((one) => t(`attached.identity.${one.trim() as 'SystemAssigned' | 'UserAssigned'}`))
    .join(' · ')

function spark(t: Text, p: AttachedProps): Property[] {
  const { autoScaleProperties: scale, autoPauseProperties: pause } = p
  return [
    { label: t('attached.synapse'), value: p.workspaceName },
    { label: t('attached.pool'), value: p.poolName },
    { label: t('attached.sparkVersion'), value: p.sparkVersion },
    { label: t('attached.nodeSize'), value: [p.nodeSize, p.nodeSizeFamily].filter(Boolean).join(' · ') },
    { label: t('attached.nodes'), value: p.nodeCount },
    {
      label: t('attached.autoScale'),
      value: scale?.enabled
        ? t('attached.autoScale.range', { min: scale.minNodeCount ?? 0, max: scale.maxNodeCount ?? 0 })
        : t('attached.off'),
    },
    {
      label: t('attached.autoPause'),
      value: pause?.enabled ? t('attached.autoPause.after', { n: pause.delayInMinutes ?? 0 }) : t('attached.off'),
    },
  ]
}
