import { describe, expect, it } from 'vitest'
import { type Command, search } from './commands.ts'

const of = (...labels: string[]): Command[] =>
  labels.map((label) => ({ id: label, label, kind: 'compute instance', do: { to: '/' } }))
const found = (labels: string[], asked: string) => search(of(...labels), asked).map((c) => c.label)

describe('search', () => {
  it('shows all, in their order, before anything is asked', () => expect(found(['b', 'a'], '')).toEqual(['b', 'a']))
  it('wants every word', () =>
    expect(found(['Stop ci-kim', 'Stop gpu', 'Open ci-kim'], 'stop ci')).toEqual(['Stop ci-kim']))
  it('puts beginnings first', () =>
    expect(found(['Open stopper', 'Stop ci', 'Open ci-stop'], 'stop')).toEqual([
      'Stop ci',
      'Open stopper',
      'Open ci-stop',
    ]))
  it('finds by kind, last', () =>
    expect(found(['Open x', 'Instance wizard'], 'instance')).toEqual(['Instance wizard', 'Open x']))
  it('takes signs as they are', () => expect(found(['a+b', 'aab'], 'a+')).toEqual(['a+b']))
  it('finds Hangul', () => expect(found(['ci-kim 중지', 'ci-kim 열기'], '중지')).toEqual(['ci-kim 중지']))
  it('ends', () => expect(search(of(...Array.from({ length: 100 }, (_, i) => `n${i}`)), 'n')).toHaveLength(50))
})
