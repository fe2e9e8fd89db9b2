import { describe, expect, it } from 'vitest'
import { type ClusterValues, clusterDefaults } from '~/modules/specs/cluster.ts'
import { clusterProblems } from './clusterProblems.ts'

const good: ClusterValues = { ...clusterDefaults, location: 'fake', size: 'Standard_DS3_v2', name: 'cpu-cluster' }
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@laptop'
const identity = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me'

const ids = (v: Partial<ClusterValues>, taken = (_: string) => false) =>
  Object.fromEntries(Object.entries(clusterProblems({ ...good, ...v }, taken)).map(([path, said]) => [path, said.id]))

describe('the rules of a cluster', () => {
  it.each<[string, Partial<ClusterValues>, Record<string, string>]>([
    ['nothing', {}, {}],
    ['no size', { size: '' }, { size: 'wizard.size.missing' }],
    ['no name', { name: '' }, { name: 'name.rule.length' }],
    ['a name with a digit behind its dash', { name: 'gpu-cluster-1' }, { name: 'name.rule.dash' }],
    ['min above max', { min: '5', max: '4' }, { min: 'wizard.min.aboveMax', max: 'wizard.max.belowMin' }],
    ['full-width digits', { min: '１', max: '１０', idle: '１２０' }, {}],
    ['a negative min', { min: '-1' }, { min: 'wizard.min.number' }],
    ['no max', { max: '' }, { max: 'wizard.max.number' }],
    ['a max of nothing', { max: '0' }, { max: 'wizard.max.number' }],
    ['2m', { idle: '2m' }, {}],
    ['idle of nothing', { idle: '0' }, {}],
    ['negative idle', { idle: '-1' }, { idle: 'wizard.idle.negative' }],
    ['words for idle', { idle: 'soon' }, { idle: 'wizard.idle.number' }],
    ['SSH without a key', { ssh: true }, { adminKey: 'wizard.ssh.key.missing' }],
    ['SSH with a key', { ssh: true, adminKey: key }, {}],
    [
      'a private key',
      { ssh: true, adminKey: '-----BEGIN OPENSSH PRIVATE KEY-----' },
      { adminKey: 'wizard.ssh.key.private' },
    ],
    ['half a key', { ssh: true, adminKey: 'ssh-ed25519' }, { adminKey: 'wizard.ssh.key.bad' }],
    ['SSH with an empty password', { ssh: true, sshWay: 'password' }, { adminPassword: 'wizard.required' }],
    ['a user with a space', { ssh: true, adminKey: key, adminUser: 'a b' }, { adminUser: 'wizard.ssh.user.bad' }],
    ['SSH that is off', { adminKey: 'x', adminUser: '' }, {}],
    [
      'a subnet without its network',
      { network: { resourceGroup: '', network: '', subnet: 's' } },
      { 'network.network': 'wizard.network.network.missing' },
    ],
    ['an ARM id of a subnet', { network: { resourceGroup: '', network: '', subnet: '/subscriptions/x' } }, {}],
    ['user identities, none', { identity: { kind: 'user', ids: '' } }, { 'identity.ids': 'wizard.identity.missing' }],
    ['a stranger', { identity: { kind: 'user', ids: 'me' } }, { 'identity.ids': 'wizard.identity.bad' }],
    ['user identities', { identity: { kind: 'user', ids: identity } }, {}],
    [
      'a tag twice',
      {
        tags: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      },
      { 'tags.1.key': 'wizard.tag.double' },
    ],
    ['a tag without a key', { tags: [{ key: '', value: '1' }] }, { 'tags.0.key': 'wizard.tag.key' }],
    ['an empty row of tags', { tags: [{ key: '', value: '' }] }, {}],
  ])('%s', (_, values, want) => expect(ids(values)).toEqual(want))

  it('take no name of another', () => {
    expect(ids({}, (n) => n === 'cpu-cluster')).toEqual({ name: 'name.taken' })
  })
})
