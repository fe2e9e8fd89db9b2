import { expect, test } from 'vitest'
import type { Compute, Job } from '~/api/types.ts'
import { atStake, fits, needsAsking } from './computeImpact.ts'

const instance = (state: string): Compute =>
  ({
    name: 'ci',
    properties: {
      computeType: 'ComputeInstance',
      provisioningState: 'Succeeded',
      isAttachedCompute: false,
      properties: { state },
    },
  }) as unknown as Compute
const cluster = {
  name: 'gpu',
  properties: { computeType: 'AmlCompute', provisioningState: 'Succeeded', isAttachedCompute: false, properties: {} },
} as unknown as Compute
const attached = {
  name: 'vm',
  properties: {
    computeType: 'VirtualMachine',
    provisioningState: 'Succeeded',
    isAttachedCompute: true,
    properties: {},
  },
} as unknown as Compute
const jobs = (status: string) => [{ properties: { status } }] as unknown as Job[]

test('each verb fits the states in which the server does it', () => {
  expect(fits('start', instance('Stopped'))).toBeUndefined()
  expect(fits('start', instance('Running'))?.id).toBe('compute.no.startOn')
  expect(fits('stop', instance('Running'))).toBeUndefined()
  expect(fits('stop', instance('Stopped'))?.id).toBe('compute.no.stopOff')
  expect(fits('stop', instance('Unusable'))).toBeUndefined()
  expect(fits('restart', instance('Stopped'))?.id).toBe('compute.no.restartOff')
  expect(fits('stop', cluster)?.id).toBe('compute.no.powerCluster')
  expect(fits('delete', attached)?.id).toBe('compute.no.deleteAttached')
  expect(fits('detach', attached)).toBeUndefined()
  expect(fits('detach', cluster)?.id).toBe('compute.no.detachOwn')
  const going = { ...cluster, properties: { ...cluster.properties, provisioningState: 'Deleting' as const } }
  expect(fits('delete', going)?.id).toBe('compute.no.deleting')
})

test('the name is typed where running jobs or data are at stake', () => {
  expect(atStake('stop', [instance('Running')], jobs('Running'))).toBe(true)
  expect(atStake('stop', [instance('Running')], jobs('Queued'))).toBe(false)
  expect(atStake('delete', [instance('Stopped')], [])).toBe(true)
  expect(atStake('delete', [cluster], [])).toBe(false)
  expect(atStake('start', [instance('Stopped')], jobs('Running'))).toBe(false)
})

test('what loses nothing is done at once; what the server did not tell of is asked', () => {
  expect(needsAsking('stop', [instance('Running')], [])).toBe(false)
  expect(needsAsking('stop', [instance('Running')], undefined)).toBe(true)
  expect(needsAsking('start', [instance('Stopped')], undefined)).toBe(false)
  expect(needsAsking('delete', [cluster], [])).toBe(true)
})
