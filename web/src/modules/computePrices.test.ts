import { expect, test } from 'vitest'
import type { Compute } from '~/api/types.ts'
import { priceOf, totalOf } from './computePrices.ts'

const cluster = (currentNodeCount: number, vmPriority = 'Dedicated') =>
  ({ properties: { computeType: 'AmlCompute', properties: { currentNodeCount, vmPriority } } }) as unknown as Compute
const instance = (state: string) =>
  ({ properties: { computeType: 'ComputeInstance', properties: { state } } }) as unknown as Compute

test('a price is that of what is there now', () => {
  expect(priceOf(cluster(3), 0.5, false)).toBe(1.5)
  expect(priceOf(cluster(0), 0.5, false)).toBe(0)
  expect(priceOf(instance('Running'), 0.5, false)).toBe(0.5)
  expect(priceOf(instance('Stopped'), 0.5, false)).toBe(0)
})

test('where no price is known none is made up', () => {
  expect(priceOf(cluster(3), null, false)).toBeUndefined()
  expect(priceOf(cluster(3, 'LowPriority'), 0.5, false)).toBeUndefined()
  expect(priceOf(cluster(3), undefined, true)).toBe('own')
  expect(priceOf({ properties: { computeType: 'AKS' } } as unknown as Compute, 0.5, false)).toBeUndefined()
  expect(totalOf([1, 'own', undefined, 0.5])).toBe(1.5)
})
