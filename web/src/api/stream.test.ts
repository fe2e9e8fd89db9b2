import { describe, expect, test } from 'vitest'
import { pause, StreamHolder, type StreamHost, type StreamMessage } from './stream.ts'

/** An EventSource that the test speaks for. */
class Source {
  readonly url: string
  closed = false
  onmessage: ((e: MessageEvent<string>) => void) | null = null
  onerror: (() => void) | null = null
  #ready: ((e: MessageEvent<string>) => void) | undefined
  constructor(url: string) {
    this.url = url
  }
  addEventListener(_: string, f: (e: MessageEvent<string>) => void) {
    this.#ready = f
  }
  close() {
    this.closed = true
  }
  ready(seq: number) {
    this.#ready?.({ data: JSON.stringify({ seq }) } as MessageEvent<string>)
  }
  event(seq: number) {
    this.onmessage?.({ data: JSON.stringify({ seq, target: 'workspaces/w/jobs/j' }) } as MessageEvent<string>)
  }
  fail() {
    this.onerror?.()
  }
}

function world(probe: () => number = () => 200) {
  const sources: Source[] = []
  const told: StreamMessage[] = []
  const waiting = new Map<number, { f: () => void; after: number }>()
  let timers = 0
  let now = 1000
  const host: StreamHost = {
    open: (url) => {
      const s = new Source(url)
      sources.push(s)
      return s as unknown as EventSource
    },
    probe: async () => probe(),
    now: () => now,
    random: () => 1,
    later(f, after) {
      waiting.set(++timers, { f, after })
      return timers
    },
    cancel: (timer) => waiting.delete(timer),
    tell: (m) => told.push(m),
  }
  const holder = new StreamHolder(host, '/events?follow=true')
  return {
    holder,
    sources,
    told,
    waiting,
    last: () => sources.at(-1) as Source,
    states: () => told.flatMap((m) => (m.type === 'freshness' ? [m.freshness.state] : [])),
    /** What was handed on, message by message. */
    bursts(): number[][] {
      this.soon()
      return told.flatMap((m) => (m.type === 'events' ? [m.events.map((e) => e.seq)] : []))
    },
    seqs(): number[] {
      return this.bursts().flat()
    },
    /** Lets what is due at once happen. */
    soon() {
      for (const [timer, { f, after }] of waiting) {
        if (after > 0) continue
        waiting.delete(timer)
        f()
      }
    },
    pass(ms: number) {
      now += ms
    },
    /** Loses the stream and waits until it is known why. */
    async lose() {
      this.soon()
      this.last().fail()
      await Promise.resolve()
      await Promise.resolve()
    },
    /** Lets the pause before the next try pass, and returns how long it was. */
    retry(): number {
      const [timer, { f, after }] = [...waiting][0] as [number, { f: () => void; after: number }]
      waiting.delete(timer)
      f()
      return after
    },
  }
}

describe('pause', () => {
  test('grows twofold up to half a minute', () => {
    expect([0, 1, 2, 5, 6, 50].map((n) => pause(n, () => 1))).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000])
  })
  test('is never quite as long as others', () => {
    expect([0, 0.5, 1].map((r) => pause(1, () => r))).toEqual([500, 750, 1000])
  })
})

describe('StreamHolder', () => {
  test('is live once the server says where the stream begins', () => {
    const w = world()
    expect(w.holder.freshness).toEqual({ state: 'connecting' })
    w.last().ready(7)
    expect(w.holder.freshness).toEqual({ state: 'live', since: 1000 })
    w.last().event(7)
    w.last().event(8)
    expect(w.seqs()).toEqual([8])
  })

  test('hands on together what comes together', () => {
    const w = world()
    w.last().ready(7)
    w.last().event(8)
    w.last().event(9)
    expect(w.bursts()).toEqual([[8, 9]])
    w.last().event(10)
    expect(w.bursts()).toEqual([[8, 9], [10]])
  })

  test('resumes after the last event that it saw', async () => {
    const w = world()
    w.last().ready(7)
    w.last().event(8)
    w.pass(500)
    await w.lose()
    expect(w.holder.freshness).toEqual({ state: 'reconnecting', since: 1500 })
    w.retry()
    expect(w.last().url).toBe('/events?follow=true&after=8')
    w.last().ready(10)
    w.last().event(9)
    w.last().event(10)
    expect(w.seqs()).toEqual([8, 9, 10])
    expect(w.told).not.toContainEqual({ type: 'fresh' })
  })

  test('waits longer from try to try, and begins again with a short pause after it was live', async () => {
    const w = world(() => 0)
    w.last().ready(1)
    const pauses: number[] = []
    for (let i = 0; i < 3; i++) {
      await w.lose()
      pauses.push(w.retry())
    }
    w.last().ready(1)
    await w.lose()
    pauses.push(w.retry())
    expect(pauses).toEqual([500, 1000, 2000, 500])
    expect(w.states()).toEqual(['live', 'reconnecting', 'live', 'reconnecting'])
  })

  test('has all read again when the server knows fewer events than before', async () => {
    const w = world()
    w.last().ready(100)
    await w.lose()
    w.retry()
    w.last().ready(3)
    expect(w.told).toContainEqual({ type: 'fresh' })
    w.last().event(4)
    expect(w.seqs()).toEqual([4])
  })

  test('gives up when nobody is signed in, until somebody asks', async () => {
    const w = world(() => 401)
    w.last().ready(1)
    await w.lose()
    expect(w.states()).toEqual(['live', 'reconnecting', 'signedOut'])
    expect(w.waiting.size).toBe(0)
    w.holder.resync()
    w.last().ready(1)
    expect(w.holder.freshness.state).toBe('live')
  })

  test('says once that events may not be read, and does not try on', async () => {
    const w = world(() => 403)
    await w.lose()
    expect(w.states()).toEqual(['denied'])
    expect(w.waiting.size).toBe(0)
    expect(w.sources).toHaveLength(1)
  })

  test('a server that is not there yet is waited for', async () => {
    const w = world(() => 0)
    await w.lose()
    expect(w.states()).toEqual(['reconnecting'])
    w.retry()
    w.last().ready(1)
    expect(w.states()).toEqual(['reconnecting', 'live'])
  })

  test('one that was closed stays closed, also when it was asking why it had been lost', async () => {
    const w = world()
    w.last().ready(1)
    w.last().fail()
    w.holder.close()
    await Promise.resolve()
    await Promise.resolve()
    expect(w.waiting.size).toBe(0)
    expect(w.sources).toHaveLength(1)
    expect(w.last().closed).toBe(true)
  })

  test('begins anew at once, and has all read again', () => {
    const w = world()
    w.last().ready(5)
    w.holder.resync()
    expect(w.sources.map((s) => s.closed)).toEqual([true, false])
    expect(w.last().url).toContain('after=5')
    expect(w.told.at(-1)).toEqual({ type: 'fresh' })
  })
})
