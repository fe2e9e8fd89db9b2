import { describe, expect, it } from 'vitest'
import type { Compute } from '~/api/types.ts'
import { withoutSecretValues } from '~/modules/draft.ts'
import {
  emptyInference,
  type InferenceValues,
  inferenceBody,
  inferenceLike,
  inferenceProblems,
  inferenceSecrets,
  nodesFor,
} from './inferenceValues.ts'

const ws = { subscription: 'sub', resourceGroup: 'default', name: 'default', location: 'local' }
const good: InferenceValues = { ...emptyInference, name: 'serve', location: 'fake', size: 'Standard_D4s_v3' }
const wrong = (change: Partial<InferenceValues>, cores: number | undefined = 4) =>
  Object.fromEntries(Object.entries(inferenceProblems({ ...good, ...change }, cores)).map(([k, p]) => [k, p?.id]))

describe('an inference cluster', () => {
  it('has a name of 2 to 16', () => {
    expect(wrong({})).toEqual({})
    expect(wrong({ name: 'a' })).toEqual({ name: 'name.rule.length' })
    expect(wrong({ name: 'ab' })).toEqual({})
    expect(wrong({ name: 'a-name-of-seventeen' })).toEqual({ name: 'name.rule.length' })
  })
  it('has 12 cores for production, and says how many nodes that are', () => {
    expect(wrong({ nodes: '2' })).toEqual({ nodes: 'infer.nodes.few' })
    expect(inferenceProblems({ ...good, nodes: '2' }, 4).nodes?.values).toEqual({ n: 2, cores: 4, all: 8, need: 3 })
    expect(wrong({ nodes: '2', purpose: 'DevTest' })).toEqual({})
    expect(wrong({ nodes: '0' })).toEqual({ nodes: 'infer.nodes.number' })
    expect(wrong({ nodes: '１２' })).toEqual({})
    expect([1, 2, 4, 5, 8, 16].map(nodesFor)).toEqual([12, 6, 3, 3, 2, 1])
  })
  it('has a network of its own that fits together', () => {
    const own = { network: 'advanced', vnetGroup: 'g', vnet: 'v', subnet: 's' } as const
    expect(wrong(own)).toEqual({})
    expect(wrong({ ...own, vnet: '' })).toEqual({ vnet: 'infer.missing' })
    expect(wrong({ ...own, dns: '10.1.0.10' })).toEqual({ dns: 'infer.dns.outside' })
    expect(wrong({ ...own, bridge: '10.0.3.1/24' })).toEqual({ bridge: 'infer.bridge.overlaps' })
    expect(wrong({ ...own, cidr: '10.0.0.0' })).toEqual({ cidr: 'infer.cidr.form' })
  })
  it('has a certificate, a key and a CNAME, or a label', () => {
    expect(wrong({ ssl: true })).toEqual({ cert: 'infer.missing', key: 'infer.missing', cname: 'infer.missing' })
    expect(wrong({ ssl: true, sslBy: 'label', label: 'serve' })).toEqual({})
    expect(wrong({ ssl: true, sslBy: 'label', label: '-x' })).toEqual({ label: 'infer.label.form' })
  })
  it('or is one that exists', () => {
    expect(wrong({ service: 'existing' })).toEqual({ resourceId: 'attach.resource.missing' })
    const vm = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v'
    expect(wrong({ service: 'existing', resourceId: vm })).toEqual({ resourceId: 'attach.resource.type' })
    expect(wrong({ service: 'existing', resourceId: 'serve' })).toEqual({ resourceId: 'attach.resource.form' })
    const aks = '/subscriptions/s/resourceGroups/g/providers/microsoft.containerservice/managedclusters/'
    expect(wrong({ service: 'existing', resourceId: aks })).toEqual({ resourceId: 'attach.resource.name' })
    expect(wrong({ service: 'existing', resourceId: `${aks}c` })).toEqual({})
  })
})

describe('the object', () => {
  it('has what was chosen and nothing else', () => {
    expect(inferenceBody(good, ws)).toEqual({
      location: 'fake',
      properties: {
        computeType: 'AKS',
        properties: { agentVmSize: 'Standard_D4s_v3', agentCount: 3, clusterPurpose: 'FastProd' },
      },
    })
    const own = inferenceBody({ ...good, network: 'advanced', vnetGroup: 'g', vnet: 'v', subnet: 's' }, ws)
    expect(own.properties.properties).toMatchObject({
      aksNetworkingConfiguration: {
        subnetId: '/subscriptions/sub/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s',
      },
    })
  })
  it.each([
    ['the usual', good],
    ['one that exists', { ...good, service: 'existing', resourceId: '/subscriptions/s/x' } as const],
    [
      'a network, a certificate',
      {
        ...good,
        purpose: 'DevTest',
        nodes: '2',
        network: 'advanced',
        vnetGroup: 'g',
        vnet: 'v',
        subnet: 's',
        dns: '10.9.0.10',
        cidr: '10.9.0.0/16',
        bridge: '172.18.0.1/16',
        ssl: true,
        cert: 'c',
        key: 'hush',
        cname: 'serve.example.com',
      } as const,
    ],
    ['a label', { ...good, ssl: true, sslBy: 'label', label: 'serve' } as const],
  ])('is the same of another one like it, but for the name and the key: %s', (_, v) => {
    const body = inferenceBody(v, ws)
    const like = inferenceLike({ name: 'serve', ...body } as unknown as Compute) as InferenceValues
    expect([like.name, like.key]).toEqual(['', ''])
    expect(inferenceBody({ ...like, key: v.key }, ws)).toEqual(body)
  })
  it('of another kind is none', () => {
    expect(inferenceLike({ properties: { computeType: 'AmlCompute' } } as unknown as Compute)).toBeUndefined()
  })
  it('keeps no key in a draft', () => {
    expect(JSON.stringify(withoutSecretValues({ ...good, key: 'hush' }, inferenceSecrets))).not.toContain('hush')
  })
})
