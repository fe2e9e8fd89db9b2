/** What the forms that attach computes hold, which rules they keep, and the object that they post. */
import type { ComputeBody } from '~/api/queries/compute.ts'
import type { Compute } from '~/api/types.ts'
import { brokenRules, computeNames } from '~/modules/computeName.ts'
import {
  type IdentityValues,
  identityDocument,
  identityIds,
  identityValues,
  strangeIds,
} from '~/modules/specs/identity.ts'
import { parseWhole } from '~/modules/specs/numbers.ts'
import { credentialProblems, keyText, noCredentials, type SshCredentials } from '~/modules/sshCredentials.ts'
import type { Problems } from './problems.ts'
import { anyKubernetes, resourceProblem } from './resourceIds.ts'

export const attachKinds = [
  'attach-vm',
  'attach-kubernetes',
  'attach-databricks',
  'attach-dla',
  'attach-hdinsight',
  'attach-synapse',
] as const
export type AttachKind = (typeof attachKinds)[number]

export const isAttachKind = (kind: string): kind is AttachKind => (attachKinds as readonly string[]).includes(kind)

type Field = 'address' | 'credentials' | 'resourceId' | 'workspaceUrl' | 'token' | 'namespace' | 'identity' | 'account'
type Kind = {
  computeType: string
  /** Types that the resource may be of. */
  resource: readonly string[]
  /** The resource need not be named, because something else says what it is. */
  optional?: boolean
  fields: readonly Field[]
  /** What the thing is called where a name is suggested. */
  stem: string
}

export const kinds: Record<AttachKind, Kind> = {
  'attach-vm': {
    computeType: 'VirtualMachine',
    resource: ['Microsoft.Compute/virtualMachines'],
    optional: true,
    fields: ['address', 'credentials', 'resourceId'],
    stem: 'machine',
  },
  'attach-kubernetes': {
    computeType: 'Kubernetes',
    resource: anyKubernetes,
    fields: ['resourceId', 'namespace', 'identity'],
    stem: 'kubernetes',
  },
  'attach-databricks': {
    computeType: 'Databricks',
    resource: ['Microsoft.Databricks/workspaces'],
    fields: ['resourceId', 'workspaceUrl', 'token'],
    stem: 'databricks',
  },
  'attach-dla': {
    computeType: 'DataLakeAnalytics',
    resource: ['Microsoft.DataLakeAnalytics/accounts'],
    fields: ['resourceId', 'account'],
    stem: 'lake',
  },
  'attach-hdinsight': {
    computeType: 'HDInsight',
    resource: ['Microsoft.HDInsight/clusters'],
    optional: true,
    fields: ['address', 'credentials', 'resourceId'],
    stem: 'hdinsight',
  },
  'attach-synapse': {
    computeType: 'SynapseSpark',
    resource: ['Microsoft.Synapse/workspaces'],
    fields: ['resourceId', 'identity'],
    stem: 'spark',
  },
}

export const has = (kind: AttachKind, field: Field): boolean => kinds[kind].fields.includes(field)

export type AttachValues = {
  name: string
  description: string
  address: string
  port: string
  credentials: SshCredentials
  /** Fingerprint of the host key that the user trusts, and the place that showed it. */
  hostKey: string
  hostKeyAt: string
  resourceId: string
  workspaceUrl: string
  token: string
  namespace: string
  purpose: 'FastProd' | 'DevTest'
  identity: IdentityValues
  account: string
}

export const emptyAttach: AttachValues = {
  name: '',
  description: '',
  address: '',
  port: '22',
  credentials: noCredentials,
  hostKey: '',
  hostKeyAt: '',
  resourceId: '',
  workspaceUrl: '',
  token: '',
  namespace: 'default',
  purpose: 'FastProd',
  identity: { kind: 'none', ids: '' },
  account: '',
}

/** What is wrong with the fields of the kind. */
export function attachProblems(kind: AttachKind, v: AttachValues): Problems<AttachValues> {
  const found: Problems<AttachValues> = {}
  const rule = brokenRules(v.name, computeNames)[0]
  if (rule) found.name = { id: `name.rule.${rule}`, values: computeNames }
  if (has(kind, 'address')) Object.assign(found, machineProblems(v))
  if (has(kind, 'resourceId') && !(kinds[kind].optional && !v.resourceId.trim())) {
    const wrong = resourceProblem(v.resourceId, kinds[kind].resource)
    if (wrong) found.resourceId = wrong
  }
  if (has(kind, 'token') && !v.token.trim()) found.token = { id: 'attach.token.missing' }
  if (has(kind, 'workspaceUrl') && v.workspaceUrl.trim() && !/^https:\/\/[^\s/]+/.test(v.workspaceUrl.trim())) {
    found.workspaceUrl = { id: 'attach.url.form' }
  }
  if (has(kind, 'namespace') && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(v.namespace.trim())) {
    found.namespace = { id: 'attach.namespace.form' }
  }
  if (has(kind, 'identity') && v.identity.kind === 'user') {
    if (identityIds(v.identity.ids).length === 0 || strangeIds(v.identity.ids).length > 0) {
      found.identity = { id: 'attach.identity.form' }
    }
  }
  return found
}

/** What is wrong with how a machine is reached; a connection test needs all of it. */
export function machineProblems(v: AttachValues): Problems<AttachValues> {
  const found: Problems<AttachValues> = {}
  if (!v.address.trim()) found.address = { id: 'attach.address.missing' }
  else if (/[\s/@]|^[^:]*:\d+$/.test(v.address.trim())) found.address = { id: 'attach.address.form' }
  const port = parseWhole(v.port)
  if (port === undefined || port < 1 || port > 65_535) found.port = { id: 'attach.port.form' }
  const missing = credentialProblems(v.credentials)[0]
  if (missing) found.credentials = { id: `ssh.missing.${missing}` }
  return found
}

/** Address and port, as one text. */
export const placeOf = (v: { address: string; port: string | number }): string =>
  `${v.address.trim()} ${parseWhole(String(v.port)) ?? ''}`

/** The host key that is trusted at the place that the form has: another machine's is another key. */
export const trustedKey = (v: AttachValues): string => (v.hostKeyAt === placeOf(v) ? v.hostKey : '')

/** What the form holds to attach another one like it, all but the name and what is secret; undefined of another kind. */
export function attachLike(kind: AttachKind, c: Compute): AttachValues | undefined {
  if (c.properties.computeType !== kinds[kind].computeType) return undefined
  const inner = (c.properties.properties ?? {}) as Record<string, unknown>
  const account = (inner.administratorAccount ?? {}) as Record<string, unknown>
  const text = (v: unknown, otherwise = ''): string => (v === null || v === undefined ? otherwise : String(v))
  const place = { address: text(inner.address), port: text(inner.sshPort, emptyAttach.port) }
  return {
    ...emptyAttach,
    ...place,
    description: text(c.properties.description),
    credentials: { ...noCredentials, userName: text(account.username) },
    hostKey: text(inner.hostKey),
    hostKeyAt: placeOf(place),
    resourceId: text(c.properties.resourceId),
    workspaceUrl: text(inner.workspaceUrl),
    namespace: text(inner.namespace, emptyAttach.namespace),
    purpose: inner.clusterPurpose === 'DevTest' ? 'DevTest' : 'FastProd',
    identity: identityValues(c.identity),
    account: text(inner.dataLakeStoreAccountName),
  }
}

/** The object that the form posts. */
export function attachBody(kind: AttachKind, v: AttachValues, location: string): ComputeBody {
  const inner: Record<string, unknown> = {}
  const properties: Record<string, unknown> = { computeType: kinds[kind].computeType }
  if (v.description.trim()) properties.description = v.description.trim()
  if (v.resourceId.trim()) properties.resourceId = v.resourceId.trim()
  if (has(kind, 'address')) {
    inner.address = v.address.trim()
    inner.sshPort = parseWhole(v.port) ?? 0
    inner.administratorAccount = accountOf(v.credentials)
    const hostKey = trustedKey(v)
    if (hostKey) inner.hostKey = hostKey
  }
  if (has(kind, 'namespace')) {
    inner.namespace = v.namespace.trim()
    inner.clusterPurpose = v.purpose
  }
  if (has(kind, 'workspaceUrl') && v.workspaceUrl.trim()) inner.workspaceUrl = v.workspaceUrl.trim()
  if (has(kind, 'token')) inner.databricksAccessToken = v.token.trim()
  if (has(kind, 'account') && v.account.trim()) inner.dataLakeStoreAccountName = v.account.trim()
  properties.properties = inner
  const identity = has(kind, 'identity') ? identityDocument(v.identity) : undefined
  return { location, ...(identity ? { identity } : {}), properties }
}

function accountOf(c: SshCredentials): Record<string, string> {
  const account: Record<string, string> = { username: c.userName.trim() }
  if (c.method === 'password') account.password = c.password
  else {
    account.privateKeyData = keyText(c.privateKey)
    if (c.passphrase) account.privateKeyPassphrase = c.passphrase
  }
  return account
}

/** Members that are kept in no draft. */
export const attachSecrets = ['token', 'password', 'privateKey', 'passphrase'] as const
