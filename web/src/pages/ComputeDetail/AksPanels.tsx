import { useQuery } from '@tanstack/react-query'
import { sizes } from '~/api/queries/compute.ts'
import type { Compute } from '~/api/types.ts'
import { Panel, type Property, PropertyList } from '~/components/Panel.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { locationOf } from '~/modules/computeKinds.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { brought, isAdvanced, propsOf, sslState } from './attachedFacts.ts'

/** What an inference cluster has: machines, purpose, network and SSL. */
export function AksPanels({ compute }: { compute: Compute }) {
  const t = useText()
  return (
    <>
      <Panel title={t('attached.cluster')}>
        <PropertyList items={useCluster(compute)} />
      </Panel>
      <Panel title={t('attached.network')}>
        <PropertyList items={useNetwork(compute)} />
      </Panel>
      <Panel title={t('attached.ssl')}>
        <PropertyList items={useSsl(compute)} />
      </Panel>
    </>
  )
}

function useCluster(compute: Compute): Property[] {
  const t = useText()
  const ws = useWorkspace()
  const p = propsOf(compute)
  const { data } = useQuery(sizes(ws, locationOf(compute), 'Dedicated'))
  const cores = data?.find((s) => s.name.toLowerCase() === p.agentVmSize?.toLowerCase())?.vCPUs
  const count = p.agentCount ?? undefined
  const items: Property[] = [
    {
      label: t('attached.service'),
      value: brought(compute) ? t('attached.service.brought') : t('attached.service.made'),
    },
    { label: t('attached.purpose'), value: p.clusterPurpose && t(`attached.purpose.${p.clusterPurpose}` as MessageId) },
    { label: t('attached.size'), value: p.agentVmSize },
    {
      label: t('attached.nodes'),
      value: cores && count ? t('attached.nodes.cores', { n: count, cores, all: count * cores }) : count,
    },
  ]
  if (p.clusterFqdn) items.push({ label: t('attached.fqdn'), value: p.clusterFqdn })
  return items
}

function useNetwork(compute: Compute): Property[] {
  const t = useText()
  const p = propsOf(compute)
  const n = p.aksNetworkingConfiguration
  const advanced = isAdvanced(n)
  const items: Property[] = [
    { label: t('attached.network'), value: advanced ? t('attached.network.advanced') : t('attached.network.basic') },
  ]
  if (advanced) {
    items.push(
      { label: t('attached.subnet'), value: n?.subnetId },
      { label: t('attached.dns'), value: n?.dnsServiceIP },
      { label: t('attached.serviceCidr'), value: n?.serviceCidr },
      { label: t('attached.bridge'), value: n?.dockerBridgeCidr },
    )
  }
  if (p.loadBalancerType) {
    items.push({
      label: t('attached.loadBalancer'),
      value: t(`attached.loadBalancer.${p.loadBalancerType}` as MessageId),
    })
  }
  return items
}

function useSsl(compute: Compute): Property[] {
  const t = useText()
  const ssl = propsOf(compute).sslConfiguration
  const state = sslState(ssl)
  const items: Property[] = [{ label: t('attached.ssl'), value: t(`attached.ssl.${state}`) }]
  if (ssl?.cname) items.push({ label: t('attached.ssl.cname'), value: ssl.cname })
  if (ssl?.leafDomainLabel) items.push({ label: t('attached.ssl.label'), value: ssl.leafDomainLabel })
  if (state === 'Enabled') items.push({ label: t('attached.ssl.key'), value: t('attached.ssl.key.kept') })
  return items
}
