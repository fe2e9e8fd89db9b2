import { expect, test } from 'vitest'
import type { Compute, Job } from '~/api/types.ts'
import { addressOf, countByTab, jobsByCompute, matching, type Row, rowOf, toggled, valuesOf } from './rows.ts'

const free = { of: () => undefined, size: () => undefined }

function cluster(name: string, more: { size?: string; owner?: string; state?: string } = {}): Compute {
  return {
    name,
    location: 'local',
    tags: { team: 'vision' },
    systemData: { createdBy: more.owner ?? 'kim' },
    properties: {
      computeType: 'AmlCompute',
      provisioningState: 'Succeeded',
      isAttachedCompute: false,
      createdOn: '2026-11-01T00:00:00Z',
      properties: { vmSize: more.size ?? 'Local', allocationState: more.state ?? 'Steady' },
    },
  } as unknown as Compute
}
const other = (computeType: string, properties: object = {}, resourceId: string | null = null): Compute =>
  ({ name: 'x', properties: { computeType, resourceId, properties } }) as unknown as Compute

const rows = [
  cluster('gpu-a', { size: 'Standard_NC6s_v3', state: 'Resizing' }),
  cluster('gpu-b', { size: 'Standard_NC6s_v3', owner: 'lee' }),
  cluster('cpu', { owner: 'lee' }),
].map((c) => rowOf(c, undefined, free))
const wordOf = (_: string, r: Row) => (r.state === 'Resizing' ? '크기 조정 중' : r.state)
const names = (search: Parameters<typeof matching>[1], me = 'kim') =>
  matching(rows, search, me, wordOf).map((r) => r.name)

test('a text finds names, sizes, owners, tags and states as they are read', () => {
  expect(names({ q: 'GPU' })).toEqual(['gpu-a', 'gpu-b'])
  expect(names({ q: 'nc6 lee' })).toEqual(['gpu-b'])
  expect(names({ q: '크기 조정' })).toEqual(['gpu-a'])
  expect(names({ q: 'team=vision' })).toHaveLength(3)
  expect(names({ q: 'nothing' })).toEqual([])
})

test('of one field any value may fit, of several all must', () => {
  expect(names({ f: ['state:Resizing', 'state:Steady'] })).toHaveLength(3)
  expect(names({ f: ['size:Standard_NC6s_v3', 'owner:lee'] })).toEqual(['gpu-b'])
  expect(names({ f: ['nonsense:x'] })).toEqual([])
})

test('mine are those that the caller made', () => {
  expect(names({ mine: true })).toEqual(['gpu-a'])
  expect(names({ mine: true }, 'park')).toEqual([])
})

test('every kind of compute is under one tab', () => {
  const all = ['ComputeInstance', 'AmlCompute', 'AKS', 'Kubernetes', 'VirtualMachine', 'Databricks', 'SynapseSpark']
  expect(countByTab(all.map((k) => other(k)))).toEqual({
    instances: 1,
    clusters: 1,
    inference: 1,
    kubernetes: 1,
    attached: 3,
  })
})

test('an attached compute says where it is', () => {
  expect(addressOf(other('VirtualMachine', { address: '10.0.9.12', sshPort: 2222 }))).toBe('10.0.9.12:2222')
  expect(addressOf(other('HDInsight', { address: 'spark.example', sshPort: 22 }))).toBe('spark.example')
  expect(addressOf(other('Databricks', { workspaceUrl: 'adb-1.example' }))).toBe('adb-1.example')
  expect(addressOf(other('Kubernetes', {}, '/subscriptions/s/x'))).toBe('/subscriptions/s/x')
})

test('jobs count on their compute, whatever its name’s letters', () => {
  const at = (id?: string) => ({ properties: { computeId: id } }) as unknown as Job
  const jobs = [at('/a/computes/GPU-a'), at('/a/computes/gpu-a'), at(undefined)]
  const counts = jobsByCompute({ jobs, more: false })
  expect(rowOf(cluster('Gpu-A'), counts, free).jobs).toBe(2)
  expect(rowOf(cluster('cpu'), counts, free).jobs).toBe(0)
  expect(rowOf(cluster('cpu'), undefined, free).jobs).toBeUndefined()
  // Where not all were counted, those of one may be more, and of none nothing is known.
  const some = jobsByCompute({ jobs, more: true })
  expect(rowOf(cluster('gpu-a'), some, free)).toMatchObject({ jobs: 2, moreJobs: true })
  expect(rowOf(cluster('cpu'), some, free).jobs).toBeUndefined()
})

test('values to filter by come the most frequent first', () => {
  expect(valuesOf(rows, 'owner')).toEqual([
    { value: 'lee', n: 2 },
    { value: 'kim', n: 1 },
  ])
})

test('a filter is put in and taken out', () => {
  expect(toggled(undefined, 'a:b')).toEqual(['a:b'])
  expect(toggled(['a:b', 'c:d'], 'a:b')).toEqual(['c:d'])
  expect(toggled(['a:b'], 'a:b')).toBeUndefined()
})
