import { expect, test } from 'vitest'
import type { Compute, Job, Reason } from '~/api/types.ts'
import { remediesOf } from './remedies.ts'

const job = { name: 'train', properties: { computeId: '/subscriptions/s/x/computes/gpu' } } as unknown as Job
const gpu = { name: 'gpu', properties: {} } as unknown as Compute
const reason = (code: string, more: Partial<Reason> = {}): Reason => ({ code, message: '', blocking: true, ...more })
const kinds = (r: Reason, about: Parameters<typeof remediesOf>[1]) => remediesOf(r, about).map((x) => x.kind)

test('a maximum is raised only where the server says that it can be', () => {
  const full = reason('ClusterAtMax', { remedies: ['wait, or atelier compute update gpu --max 9'] })
  expect(kinds(full, { job })).toEqual(['raiseMax', 'editJob', 'openCompute'])
  expect(kinds(reason('ClusterAtMax', { remedies: ['wait, or submit the job to a cluster'] }), { job })).toEqual([
    'editJob',
    'openCompute',
  ])
})

test('a compute is not told to open itself, nor to submit a job again', () => {
  expect(kinds(reason('NoCapacity'), { compute: gpu })).toEqual(['otherSize'])
  expect(kinds(reason('ScalingUp'), { compute: gpu })).toEqual([])
})

test('the compute is the one that the reason names, else that of the job', () => {
  expect(remediesOf(reason('ComputeStopped', { params: { name: 'ci' } }), { job })[0]).toEqual({
    kind: 'start',
    compute: 'ci',
  })
  expect(remediesOf(reason('ComputeStopped'), { job })[0]).toEqual({ kind: 'start', compute: 'gpu' })
})

test('the quota is that of the family that the reason names', () => {
  expect(remediesOf(reason('QuotaExceeded', { params: { family: 'NC' } }), { job })[0]).toEqual({
    kind: 'quota',
    compute: 'gpu',
    family: 'NC',
  })
})
