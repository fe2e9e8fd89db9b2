import { expect, test } from 'vitest'
import { nearNames } from './near.ts'

test.each([
  ['gpu', ['gpu-a', 'cpu', 'train-7b'], ['cpu', 'gpu-a']],
  ['gpu-b', ['gpu-a', 'GPU-B2', 'other'], ['gpu-a', 'GPU-B2']],
  ['gpu', [], []],
  ['nothing-like-it', ['gpu', 'cpu'], []],
])('who wrote %s may have meant one of %j', (name, names, near) => {
  expect(nearNames(name, names)).toEqual(near)
})
