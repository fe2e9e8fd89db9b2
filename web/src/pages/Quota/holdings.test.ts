import { describe, expect, it } from 'vitest'
import type { Compute, Quota, SizeInfo } from '~/api/types.ts'
import { holdings, lowPriorityFamily, readLimit } from './holdings.ts'

const ws = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'
const quota = (family: string, limit: number, of = ws): Quota =>
  ({ id: `${of}/quotas/${family}`, name: { value: family, localizedValue: family }, limit }) as Quota
const size = (name: string, family: string, vCPUs: number) => ({ name, family, vCPUs }) as SizeInfo
const cluster = (name: string, vmSize: string, max: number, current: number, vmPriority = 'Dedicated') =>
  ({
    name,
    location: 'local',
    properties: {
      computeType: 'AmlCompute',
      computeLocation: 'local',
      properties: {
        vmSize,
        vmPriority,
        scaleSettings: { minNodeCount: 0, maxNodeCount: max, nodeIdleTimeBeforeScaleDown: 'PT120S' },
        currentNodeCount: current,
      },
    },
  }) as Compute
const instance = (name: string, vmSize: string, state: string) =>
  ({
    name,
    location: 'local',
    properties: { computeType: 'ComputeInstance', computeLocation: 'local', properties: { vmSize, state } },
  }) as unknown as Compute

describe('holdings', () => {
  const sizes = [size('Standard_D2', 'D', 2), size('Standard_N8', 'N', 8)]
  const quotas = [quota('D', 20), quota('N', -1), quota(lowPriorityFamily, 4), quota('D', 99, `${ws}2`)]
  const of = (...computes: Compute[]) => new Map(holdings(computes, sizes, quotas, 'local', ws).map((f) => [f.name, f]))

  it('counts a cluster at its maximum, of which its nodes are active', () => {
    expect(of(cluster('a', 'standard_d2', 4, 1)).get('D')).toMatchObject({
      active: 2,
      reserved: 6,
      stopped: 0,
      limit: 20,
    })
  })
  it('counts a stopped instance as held', () => {
    const d = of(instance('i', 'Standard_D2', 'Stopped'), instance('j', 'Standard_D2', 'Running')).get('D')
    expect(d).toMatchObject({ active: 2, stopped: 2, reserved: 0 })
    expect(d?.holders.map((h) => h.stopped)).toEqual([true, false])
  })
  it('puts low priority into a family of its own', () => {
    const all = of(cluster('a', 'Standard_N8', 2, 0, 'LowPriority'))
    expect(all.get(lowPriorityFamily)).toMatchObject({ reserved: 16, limit: 4 })
    expect(all.get('N')?.holders).toEqual([])
  })
  it('leaves out other places, and sizes that are not on offer any more', () => {
    const away = cluster('b', 'Standard_D2', 1, 1)
    away.properties.computeLocation = 'elsewhere'
    expect(of(away, cluster('c', 'Gone', 1, 1)).get('D')?.active).toBe(0)
  })
})

describe('readLimit', () => {
  it.each([
    ['', -1],
    ['8', 8],
    ['１６', 16],
    ['0', 0],
    ['-1', undefined],
    ['2.5', undefined],
    ['many', undefined],
  ])('%s', (text, want) => expect(readLimit(text)).toBe(want))
})
