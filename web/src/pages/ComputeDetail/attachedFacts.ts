/** What an attached compute or an inference cluster is, read from what the server keeps of it. */
import type { Compute } from '~/api/types.ts'

export type SSL = { status?: string; cname?: string; leafDomainLabel?: string; cert?: string }
export type AKSNetwork = { subnetId?: string; dnsServiceIP?: string; serviceCidr?: string; dockerBridgeCidr?: string }

/** All members that these kinds may have; each has its own. */
export type AttachedProps = {
  agentCount?: number | null
  agentVmSize?: string | null
  clusterFqdn?: string | null
  clusterPurpose?: string | null
  loadBalancerType?: string | null
  loadBalancerSubnet?: string | null
  sslConfiguration?: SSL | null
  aksNetworkingConfiguration?: AKSNetwork | null
  namespace?: string | null
  defaultInstanceType?: string | null
  instanceTypes?: Record<string, unknown> | null
  extensionPrincipalId?: string | null
  vcName?: string | null
  virtualMachineSize?: string | null
  sshPort?: number | null
  address?: string | null
  /** Fingerprint of the host key that was trusted when it was attached; a member of Atelier’s own. */
  hostKey?: string | null
  administratorAccount?: { username?: string; publicKeyData?: string } | null
  workspaceUrl?: string | null
  dataLakeStoreAccountName?: string | null
  workspaceName?: string | null
  poolName?: string | null
  sparkVersion?: string | null
  nodeCount?: number | null
  nodeSize?: string | null
  nodeSizeFamily?: string | null
  autoScaleProperties?: { minNodeCount?: number; maxNodeCount?: number; enabled?: boolean } | null
  autoPauseProperties?: { delayInMinutes?: number; enabled?: boolean } | null
}

export const propsOf = (c: Compute): AttachedProps => (c.properties.properties ?? {}) as AttachedProps

export const defaultPort = 22

/** Kinds that are reached by SSH, and so can be tried. */
export const bySsh = (c: Compute): boolean => ['VirtualMachine', 'HDInsight'].includes(c.properties.computeType)

/** Whether the user brought it. What was made here has no resource of its own. */
export const brought = (c: Compute): boolean => c.properties.isAttachedCompute || Boolean(c.properties.resourceId)

/** Whether SSL is on, and how. */
export function sslState(ssl: SSL | null | undefined): 'off' | 'Enabled' | 'Auto' {
  const status = ssl?.status?.toLowerCase()
  if (status === 'enabled') return 'Enabled'
  return status === 'auto' ? 'Auto' : 'off'
}

/** Something in a virtual network of one's own makes the network configuration "advanced". */
export const isAdvanced = (n: AKSNetwork | null | undefined): boolean =>
  Boolean(n && Object.values(n).some((v) => v !== null && v !== undefined && v !== ''))
