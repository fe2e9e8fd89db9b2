import { describe, expect, it } from 'vitest'
import { brokenRules, computeNames, freeName, inferenceNames, namePattern, suggestNames } from './computeName.ts'

describe('compute names', () => {
  it.each([
    ['shortest', 'abc', []],
    ['longest', 'abcdefghijklmnopqrstuvwx', []],
    ['digits and dashes', 'Gpu-4x-v100s', []],
    ['double dash', 'a--b', []],
    ['empty', '', ['length']],
    ['too short', 'ab', ['length']],
    ['25 characters', 'abcdefghijklmnopqrstuvwxy', ['length']],
    ['starts with a digit', '4gpu', ['start']],
    ['starts with a dash', '-gpu', ['start']],
    ['digit behind a dash', 'gpu-cluster-1', ['dash']],
    ['dash at the end', 'gpu-', ['dash']],
    ['only the last dash counts', 'a-b-1', ['dash']],
    ['underscore', 'my_gpu', ['chars']],
    ['space', 'my gpu', ['chars']],
    ['Hangul', '클러스터', ['chars', 'start']],
    ['Hangul behind letters', 'gpu클러스터', ['chars']],
    ['full-width', 'ｇｐｕ', ['chars', 'start']],
    ['several', '-가-1', ['chars', 'start', 'dash']],
  ])('%s', (_, name, broken) => {
    expect(brokenRules(name)).toEqual(broken)
    expect(namePattern().test(name)).toBe(broken.length === 0)
  })

  it('are shorter for inference clusters', () => {
    for (const [name, valid] of [
      ['ab', true],
      ['a', false],
      ['abcdefghijklmnop', true],
      ['abcdefghijklmnopq', false],
    ] as const) {
      expect(brokenRules(name, inferenceNames).length === 0).toBe(valid)
      expect(namePattern(inferenceNames).test(name)).toBe(valid)
    }
  })
})

describe('suggestions', () => {
  it.each([
    ['gpu-cluster-1', ['gpu-cluster-n1', 'gpu-cluster1', 'gpu-cluster']],
    ['gpu-', ['gpu']],
    ['4gpu', ['gpu']],
    ['my_gpu', ['my-gpu']],
    ['클러스터', ['cluster']],
    ['gpu클러스터', ['gpu']],
    ['ab', ['ab-cluster']],
    ['1234', ['cluster']],
    ['a-very-long-name-of-a-cluster', ['a-very-long-name-of-a-cl']],
    ['a-very-long-name-of-clusters-7', ['a-very-long-name-of-c-n7', 'a-very-long-name-of-clus']],
  ])('%s', (name, want) => {
    expect(suggestNames(name, 'cluster')).toEqual(expect.arrayContaining(want))
  })

  it('are valid, whatever was typed', () => {
    const alphabet = ['a', 'Z', '9', '-', '_', '.', ' ', '가', '/']
    for (let i = 0; i < 9 ** 4; i++) {
      const name = [i % 9, Math.floor(i / 9) % 9, Math.floor(i / 81) % 9, Math.floor(i / 729)]
        .map((n) => alphabet[n])
        .join('')
      for (const limits of [computeNames, inferenceNames]) {
        const found = suggestNames(name, 'cluster', limits)
        expect(found.length, name).toBeGreaterThan(0)
        for (const one of found) expect(brokenRules(one, limits), `${name} → ${one}`).toEqual([])
      }
    }
  })

  it('leave out what is taken', () => {
    expect(suggestNames('gpu-cluster-1', 'cluster', computeNames, (n) => n === 'gpu-cluster-n1')).not.toContain(
      'gpu-cluster-n1',
    )
    expect(suggestNames('gpu', 'cluster', computeNames, (n) => n === 'gpu')).toEqual(['gpu-n2'])
    expect(freeName('cpu-cluster', (n) => n === 'cpu-cluster' || n === 'cpu-cluster-n2')).toBe('cpu-cluster-n3')
    expect(freeName('cpu-cluster', () => false)).toBe('cpu-cluster')
  })
})
