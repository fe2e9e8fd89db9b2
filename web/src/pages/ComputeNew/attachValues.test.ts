import { describe, expect, it } from 'vitest'
import type { Compute } from '~/api/types.ts'
import { withoutSecretValues } from '~/modules/draft.ts'
import { copies } from '~/modules/specs/copies.ts'
import {
  type AttachKind,
  type AttachValues,
  attachBody,
  attachKinds,
  attachLike,
  attachProblems,
  attachSecrets,
  emptyAttach,
  kinds,
  placeOf,
  trustedKey,
} from './attachValues.ts'

const pem = '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n'
const arm = '/subscriptions/s/resourceGroups/g/providers'
const machine: AttachValues = {
  ...emptyAttach,
  name: 'lab',
  address: '10.0.9.12',
  credentials: { ...emptyAttach.credentials, userName: 'ubuntu', privateKey: pem, passphrase: 'hush-p' },
}
const trust = { hostKey: 'SHA256:x', hostKeyAt: placeOf(machine) }
const wrong = (kind: AttachKind, v: Partial<AttachValues>) =>
  Object.fromEntries(
    Object.entries(attachProblems(kind, { ...emptyAttach, name: 'lab', ...v })).map(([k, p]) => [k, p?.id]),
  )

describe('a machine', () => {
  it('has an address, a port and a way to sign in', () => {
    expect(wrong('attach-vm', {})).toEqual({ address: 'attach.address.missing', credentials: 'ssh.missing.userName' })
    expect(wrong('attach-vm', machine)).toEqual({})
    for (const address of ['kim@host', 'host:22', 'a b', 'ssh://host']) {
      expect(wrong('attach-vm', { ...machine, address }), address).toEqual({ address: 'attach.address.form' })
    }
    expect(wrong('attach-vm', { ...machine, address: '2001:db8::12' })).toEqual({})
    expect(wrong('attach-vm', { ...machine, port: '70000' })).toEqual({ port: 'attach.port.form' })
    expect(wrong('attach-vm', { ...machine, port: '２２' })).toEqual({})
  })
  it('may name its resource', () => {
    expect(wrong('attach-vm', { ...machine, resourceId: `${arm}/Microsoft.Compute/virtualMachines/v` })).toEqual({})
    expect(wrong('attach-vm', { ...machine, resourceId: 'v' })).toEqual({ resourceId: 'attach.resource.form' })
  })
  it('is posted with what was trusted', () => {
    expect(attachBody('attach-vm', { ...machine, ...trust }, 'local')).toEqual({
      location: 'local',
      properties: {
        computeType: 'VirtualMachine',
        properties: {
          address: '10.0.9.12',
          sshPort: 22,
          hostKey: 'SHA256:x',
          administratorAccount: { username: 'ubuntu', privateKeyData: pem, privateKeyPassphrase: 'hush-p' },
        },
      },
    })
  })
})

it('a machine at another address is another machine, whose key is not trusted', () => {
  const trusted = { ...machine, ...trust }
  expect(trustedKey(trusted)).toBe('SHA256:x')
  expect(trustedKey({ ...trusted, address: ' 10.0.9.12 ', port: '２２' })).toBe('SHA256:x')
  for (const moved of [{ address: '10.0.9.13' }, { port: '2222' }, { port: '' }]) {
    expect(trustedKey({ ...trusted, ...moved })).toBe('')
    expect(attachBody('attach-vm', { ...trusted, ...moved }, 'local').properties.properties).not.toHaveProperty(
      'hostKey',
    )
  }
})

describe('another one like one that there is', () => {
  const everything: AttachValues = {
    ...machine,
    ...trust,
    description: 'for tests',
    port: '2222',
    hostKeyAt: '10.0.9.12 2222',
    resourceId: `${arm}/x`,
    workspaceUrl: 'https://adb',
    token: 'hush',
    namespace: 'ml',
    purpose: 'DevTest',
    identity: { kind: 'user', ids: `${arm}/Microsoft.ManagedIdentity/userAssignedIdentities/a` },
    account: 'store',
  }
  it.each(attachKinds)('%s has all but its name and secrets', (kind) => {
    const body = attachBody(kind, everything, 'local')
    const shown = { name: 'lab', ...body } as unknown as Compute
    const like = attachLike(kind, shown) as AttachValues
    expect(like.name).toBe('')
    expect(JSON.stringify(like)).not.toMatch(/hush|PRIVATE KEY/)
    const { token, credentials } = everything
    const filled = { ...like, token, credentials: { ...credentials, userName: like.credentials.userName } }
    expect(attachBody(kind, filled, 'local')).toEqual(body)
  })
  it('is of the same kind', () => {
    for (const kind of attachKinds) {
      const shown = { properties: { computeType: kinds[kind].computeType, properties: null } } as unknown as Compute
      expect(attachKinds.filter((k) => attachLike(k, shown))).toEqual([kind])
    }
  })
})

describe('other kinds', () => {
  it('name a resource of their type', () => {
    expect(wrong('attach-kubernetes', {})).toEqual({ resourceId: 'attach.resource.missing' })
    const arc = `${arm}/Microsoft.Kubernetes/connectedClusters/c`
    expect(wrong('attach-kubernetes', { resourceId: arc })).toEqual({})
    expect(wrong('attach-kubernetes', { resourceId: arc, namespace: 'Not_this' })).toEqual({
      namespace: 'attach.namespace.form',
    })
    expect(wrong('attach-kubernetes', { resourceId: arc, identity: { kind: 'user', ids: 'x' } })).toEqual({
      identity: 'attach.identity.form',
    })
    expect(wrong('attach-dla', { resourceId: arc })).toEqual({ resourceId: 'attach.resource.type' })
    expect(wrong('attach-synapse', { resourceId: `${arm}/Microsoft.Synapse/workspaces/w/bigDataPools/p` })).toEqual({})
    const bricks = { resourceId: `${arm}/Microsoft.Databricks/workspaces/w` }
    expect(wrong('attach-databricks', bricks)).toEqual({ token: 'attach.token.missing' })
    expect(wrong('attach-databricks', { ...bricks, token: 't', workspaceUrl: 'adb' })).toEqual({
      workspaceUrl: 'attach.url.form',
    })
  })
  it('are posted with their members alone', () => {
    const v = { ...machine, token: 'hush', resourceId: `${arm}/Microsoft.Databricks/workspaces/w` }
    expect(attachBody('attach-databricks', v, 'local').properties).toEqual({
      computeType: 'Databricks',
      resourceId: v.resourceId,
      properties: { databricksAccessToken: 'hush' },
    })
    const cluster = { ...machine, identity: { kind: 'system', ids: '' } as const, resourceId: 'r' }
    expect(attachBody('attach-kubernetes', cluster, 'local')).toEqual({
      location: 'local',
      identity: { type: 'SystemAssigned' },
      properties: {
        computeType: 'Kubernetes',
        resourceId: 'r',
        properties: { namespace: 'default', clusterPurpose: 'FastProd' },
      },
    })
  })
})

describe('secrets', () => {
  const ws = { subscription: 's', resourceGroup: 'g', name: 'w', location: 'local' }
  const secret = { ...machine, token: 'hush-t', credentials: { ...machine.credentials, password: 'hush-w' } }
  it('are in no draft', () => {
    expect(JSON.stringify(withoutSecretValues(secret, attachSecrets))).not.toMatch(/hush|PRIVATE KEY/)
  })
  it.each(['attach-vm', 'attach-hdinsight', 'attach-databricks'] as const)('are in no copy of %s', (kind) => {
    for (const method of ['key', 'password'] as const) {
      const body = attachBody(kind, { ...secret, credentials: { ...secret.credentials, method } }, 'local')
      const all = copies({ origin: 'https://x', ws }, { name: 'lab', body })
      expect(JSON.stringify(all)).not.toMatch(/hush|PRIVATE KEY/)
      expect(all.variables.length).toBeGreaterThan(0)
    }
  })
})
