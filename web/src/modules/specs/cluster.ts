/** What the form of a cluster holds, and the document that it makes of it. */
import type { WorkspaceRef } from '~/api/http.ts'
import { type Compute, clusterOf } from '~/api/types.ts'
import { type ComputeDocument, tidy } from './document.ts'
import { type IdentityValues, identityDocument, identityValues } from './identity.ts'
import { type NetworkValues, networkValues, subnetOf } from './network.ts'
import { fromIso, isoDuration, parseSeconds, parseWhole } from './numbers.ts'
import { type TagValue, tagsOf, tagValues } from './tags.ts'

export type ClusterValues = {
  location: string
  processor: 'CPU' | 'GPU'
  priority: 'Dedicated' | 'LowPriority'
  size: string
  name: string
  min: string
  max: string
  idle: string
  ssh: boolean
  adminUser: string
  sshWay: 'key' | 'password'
  adminKey: string
  adminPassword: string
  network: NetworkValues
  identity: IdentityValues
  tags: TagValue[]
  description: string
}

export const clusterDefaults: ClusterValues = {
  location: '',
  processor: 'CPU',
  priority: 'Dedicated',
  size: '',
  name: '',
  min: '0',
  max: '4',
  idle: '120',
  ssh: false,
  adminUser: 'azureuser',
  sshWay: 'key',
  adminKey: '',
  adminPassword: '',
  network: { resourceGroup: '', network: '', subnet: '' },
  identity: { kind: 'none', ids: '' },
  tags: [],
  description: '',
}

/** The document that the form posts. Values have been checked; what is not a number yet counts as nothing. */
export function clusterDocument(v: ClusterValues, ws: WorkspaceRef): ComputeDocument {
  const subnet = subnetOf(v.network, ws)
  const byKey = v.sshWay === 'key'
  const body = {
    location: v.location,
    tags: tagsOf(v.tags),
    identity: identityDocument(v.identity),
    properties: {
      computeType: 'AmlCompute',
      computeLocation: v.location,
      description: v.description.trim() || undefined,
      disableLocalAuth: !v.ssh,
      properties: {
        osType: 'Linux',
        vmSize: v.size,
        vmPriority: v.priority,
        scaleSettings: {
          minNodeCount: parseWhole(v.min) ?? 0,
          maxNodeCount: parseWhole(v.max) ?? 0,
          nodeIdleTimeBeforeScaleDown: isoDuration(parseSeconds(v.idle) ?? 0),
        },
        remoteLoginPortPublicAccess: v.ssh ? 'Enabled' : 'Disabled',
        userAccountCredentials: v.ssh
          ? {
              adminUserName: v.adminUser.trim(),
              adminUserSshPublicKey: byKey ? v.adminKey.trim() : undefined,
              adminUserPassword: byKey ? undefined : v.adminPassword,
            }
          : undefined,
        subnet: subnet ? { id: subnet } : undefined,
        enableNodePublicIp: true,
      },
    },
  }
  return { name: v.name.trim(), body: tidy(body) }
}

/** What the form holds to make another one like it: all but the name and what is secret. */
export function clusterValues(c: Compute, processor: 'CPU' | 'GPU'): ClusterValues {
  const cl = clusterOf(c)
  if (!cl) return clusterDefaults
  const user = cl.userAccountCredentials
  return {
    ...clusterDefaults,
    location: c.properties.computeLocation ?? c.location,
    processor,
    priority: cl.vmPriority,
    size: cl.vmSize,
    min: String(cl.scaleSettings.minNodeCount),
    max: String(cl.scaleSettings.maxNodeCount),
    idle: String(fromIso(cl.scaleSettings.nodeIdleTimeBeforeScaleDown) ?? 120),
    ssh: cl.remoteLoginPortPublicAccess === 'Enabled',
    adminUser: user?.adminUserName ?? clusterDefaults.adminUser,
    sshWay: user && !user.adminUserSshPublicKey ? 'password' : 'key',
    adminKey: user?.adminUserSshPublicKey ?? '',
    network: networkValues(cl.subnet?.id),
    identity: identityValues(c.identity),
    tags: tagValues(c.tags),
    description: c.properties.description ?? '',
  }
}
