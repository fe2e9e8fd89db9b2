import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { append, Invalidator, matches, stale } from './invalidate.ts'
import { keys } from './keys.ts'
import type { AtelierEvent } from './types.ts'

const event = (seq: number, target: string, more: Partial<AtelierEvent> = {}): AtelierEvent => ({
  seq,
  target: `workspaces/s~g~w/${target}`,
  actor: 'compute',
  verb: 'updated',
  at: '2026-11-29T10:00:00Z',
  rev: 1,
  uid: 'u',
  ...more,
})
const data = (...pages: number[][]) => ({
  pages: pages.map((p) => ({ value: p.map((seq) => event(seq, 'computes/gpu')) })),
  pageParams: pages.map(() => 0),
})
const seqs = (d: ReturnType<typeof append>) => d?.pages.map((p) => p.value.map((e) => e.seq))

describe('matches', () => {
  test.each([
    [{}, true],
    [{ target: 'computes/gpu' }, true],
    [{ target: 'computes/GPU/nodes/n-1' }, true],
    [{ target: 'computes/gp' }, false],
    [{ target: 'jobs/gpu' }, false],
    [{ actor: 'compute', verb: 'updated' }, true],
    [{ actor: 'kim' }, false],
    [{ reason: 'NodeReady' }, false],
  ])('%j', (filter, wanted) => {
    expect(matches(filter, event(1, 'computes/gpu/nodes/n-1'))).toBe(wanted)
  })
})

describe('append', () => {
  test('puts new events behind the newest page and leaves older pages', () => {
    expect(seqs(append(data([5, 6], [1, 2]), [event(6, 'x/y'), event(7, 'x/y')]))).toEqual([
      [5, 6, 7],
      [1, 2],
    ])
  })
  test('knows nothing of a list that was not loaded', () => {
    expect(append(undefined, [event(1, 'x/y')])).toBeUndefined()
  })
  test('a page that grows for long forgets its oldest', () => {
    const long = append(
      data([1]),
      Array.from({ length: 1001 }, (_, i) => event(i + 2, 'x/y')),
    )
    expect(long?.pages[0]?.value).toHaveLength(500)
    expect(long?.pages[0]?.value.at(-1)?.seq).toBe(1002)
  })
})

test('what happens to a node makes its compute old, not the jobs', () => {
  const found = stale(event(1, 'computes/gpu/nodes/n-1'))
  expect(found).toContainEqual(keys.compute('gpu'))
  expect(found).not.toContainEqual(keys.jobs())
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('lists of events take up what matches them without being asked for again', () => {
  vi.useFakeTimers()
  const client = new QueryClient()
  client.setQueryData(keys.events({ target: 'computes/gpu', top: 100 }), data([1]))
  client.setQueryData(keys.events({ target: 'jobs/j', top: 100 }), data([1]))
  new Invalidator(client).take([event(2, 'computes/gpu/nodes/n')])
  vi.advanceTimersByTime(0)
  expect(seqs(client.getQueryData(keys.events({ target: 'computes/gpu', top: 100 })))).toEqual([[1, 2]])
  expect(seqs(client.getQueryData(keys.events({ target: 'jobs/j', top: 100 })))).toEqual([[1]])
})

describe('stale', () => {
  test.each([
    ['jobs/j', [keys.jobs(), keys.job('j'), keys.computesWithJobs()], [keys.jobParts('j'), keys.usage()]],
    ['jobs/j/tasks/t', [keys.jobs(), keys.job('j'), keys.jobParts('j')], [keys.computesWithJobs()]],
    ['computes/gpu', [keys.computes(), keys.compute('gpu'), keys.computeParts('gpu'), keys.usage()], [keys.jobs()]],
  ])('%s', (target, wanted, not) => {
    const found = stale(event(1, target))
    for (const key of wanted) expect(found).toContainEqual(key)
    for (const key of not) expect(found).not.toContainEqual(key)
  })
  test('what happens to the workspace itself may change limits and what the caller may do', () => {
    const found = stale({ ...event(1, ''), target: 'workspaces/s~g~w' })
    expect(found).toEqual([keys.usage(), keys.access()])
  })
})

describe('a burst of events', () => {
  const watched = () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const client = new QueryClient()
    const asked: string[] = []
    vi.spyOn(client, 'invalidateQueries').mockImplementation(async (f) => {
      asked.push(JSON.stringify(f?.queryKey))
    })
    return { asked, invalidator: new Invalidator(client) }
  }
  const jobs = JSON.stringify(keys.jobs())
  const times = (asked: string[]) => asked.filter((k) => k === jobs).length

  test('is shown at once and when it is over', () => {
    const { asked, invalidator } = watched()
    for (let seq = 1; seq <= 100; seq++) invalidator.take([event(seq, 'jobs/j')])
    vi.advanceTimersByTime(0)
    expect(times(asked)).toBe(1)
    invalidator.take([event(101, 'jobs/j')])
    vi.advanceTimersByTime(50)
    expect(times(asked)).toBe(2)
    vi.advanceTimersByTime(10_000)
    expect(times(asked)).toBe(2)
  })
  test('is read four times a second while it lasts', () => {
    const { asked, invalidator } = watched()
    for (let ms = 0; ms < 10_000; ms += 10) {
      invalidator.take([event(ms + 1, 'jobs/j')])
      vi.advanceTimersByTime(10)
    }
    expect(times(asked)).toBe(1 + 3 + 4 * 10) // at once, three ahead of their time, and one each gap
  })
  test('does not wait for what makes nothing old', () => {
    const { asked, invalidator } = watched()
    invalidator.take([event(1, 'operations/o')])
    vi.advanceTimersByTime(0)
    invalidator.take([event(2, 'jobs/j')])
    vi.advanceTimersByTime(0)
    expect(times(asked)).toBe(1)
  })
  test('makes nothing be read in a tab that nobody looks at, until somebody does', () => {
    const { asked, invalidator } = watched()
    const look = (state: 'hidden' | 'visible') => {
      vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
      document.dispatchEvent(new Event('visibilitychange'))
    }
    look('hidden')
    invalidator.take([event(1, 'jobs/j')])
    vi.advanceTimersByTime(60_000)
    expect(times(asked)).toBe(0)
    look('visible')
    vi.advanceTimersByTime(0)
    expect(times(asked)).toBe(1)
    invalidator.close()
  })
  test('is forgotten by a page that is gone', () => {
    const { asked, invalidator } = watched()
    invalidator.take([event(1, 'jobs/j')])
    invalidator.close()
    vi.advanceTimersByTime(1000)
    expect(times(asked)).toBe(0)
  })
})

test('a list of events that is being asked for is asked for again, because its answer may be older', () => {
  vi.useFakeTimers()
  const client = new QueryClient()
  const key = keys.events({ target: 'computes/gpu' })
  const answers: (() => void)[] = []
  const query = { queryKey: key, queryFn: () => new Promise<object>((done) => answers.push(() => done(data([1])))) }
  void client.fetchQuery(query).catch(() => {})
  const asked = vi.spyOn(client, 'invalidateQueries')
  new Invalidator(client).take([event(2, 'computes/gpu')])
  vi.advanceTimersByTime(0)
  expect(asked).toHaveBeenCalledWith({ queryKey: key })
})

test('when anything may have happened, what is being asked for is asked for again after its answer, too', async () => {
  vi.useFakeTimers()
  const client = new QueryClient()
  const answers: ((text: string) => void)[] = []
  const observer = new QueryObserver(client, {
    queryKey: keys.computes(),
    queryFn: () => new Promise<string>((done) => answers.push(done)),
  })
  const end = observer.subscribe(() => {})
  const invalidator = new Invalidator(client)
  invalidator.takeAll()
  await vi.advanceTimersByTimeAsync(10)
  answers[0]?.('of before')
  await vi.advanceTimersByTimeAsync(10)
  expect(answers).toHaveLength(2)
  invalidator.close()
  end()
})

test('an answer that is slow is shown, and asked for again after it', async () => {
  vi.useFakeTimers()
  const client = new QueryClient()
  const answers: ((text: string) => void)[] = []
  const seen: unknown[] = []
  const observer = new QueryObserver(client, {
    queryKey: keys.compute('gpu'),
    queryFn: ({ signal }) =>
      new Promise<string>((done, failed) => {
        answers.push(done)
        signal.addEventListener('abort', () => failed(new Error('aborted')))
      }),
    retry: false,
  })
  const end = observer.subscribe((r) => seen.push(r.data))
  answers[0]?.('Running')
  await vi.advanceTimersByTimeAsync(0)
  const invalidator = new Invalidator(client)
  invalidator.take([event(1, 'computes/gpu')])
  await vi.advanceTimersByTimeAsync(0)
  invalidator.take([event(2, 'computes/gpu')])
  await vi.advanceTimersByTimeAsync(600)
  expect(answers).toHaveLength(2)
  answers[1]?.('Stopping')
  await vi.advanceTimersByTimeAsync(300)
  expect(seen).toContain('Stopping')
  expect(answers).toHaveLength(3)
  answers[2]?.('Stopped')
  await vi.advanceTimersByTimeAsync(1000)
  expect(seen.at(-1)).toBe('Stopped')
  expect(answers).toHaveLength(3)
  invalidator.close()
  end()
})
