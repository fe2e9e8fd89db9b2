/**
 * Which queries an event makes old, and when they are read again: at once, but not more than a few times a second, and
 * not before somebody looks at the tab.
 */
import type { InfiniteData, Query, QueryCache, QueryClient, QueryKey } from '@tanstack/react-query'
import { keys } from './keys.ts'
import type { EventFilter } from './queries/job.ts'
import type { AtelierEvent } from './types.ts'

/** Old queries are read again at most so often while events keep coming. */
const gap = 250
/** What a person does comes as a few events at once, and its end must not wait for the gap: so many reads may be early. */
const ahead = 3
/** Apart at least this much, as lists of events are drawn again at most: a change comes as a burst of events. */
const breath = 50

/** Keys of the queries that show what the event is about. */
export function stale(event: Pick<AtelierEvent, 'target'>): QueryKey[] {
  // "workspaces/s~g~w/computes/gpu/nodes/gpu-k3f2-0"
  const [, , collection, name, below] = event.target.split('/')
  const found: QueryKey[] = []
  if (collection === 'computes' && name) {
    found.push(keys.computes(), keys.compute(name), keys.computeParts(name), keys.usage(), keys.waiting())
  }
  if (collection === 'jobs' && name) {
    found.push(keys.jobs(), keys.job(name), keys.waiting())
    // Jobs that run or wait change what is said of computes and nodes.
    if (below !== 'tasks') found.push(keys.computesWithJobs())
    if (below === 'tasks') found.push(keys.jobParts(name))
  }
  if (collection === 'codes' || collection === 'environments' || collection === 'data') found.push(keys.assets())
  if (collection === undefined) found.push(keys.usage(), keys.access())
  return found
}

/** Reports whether the event is one of those that the filter asks for. */
export function matches(filter: EventFilter, event: AtelierEvent): boolean {
  const target = filter.target?.toLowerCase()
  const at = event.target.split('/').slice(2).join('/')
  return (
    (!target || at === target || at.startsWith(`${target}/`)) &&
    (!filter.actor || filter.actor === event.actor) &&
    (!filter.reason || filter.reason === event.reason) &&
    (!filter.verb || filter.verb === event.verb)
  )
}

type EventPages = InfiniteData<{ value: AtelierEvent[] }, number>
const mostEvents = 1000

/** Puts what came behind what a list of events has: it need not be asked for again. */
export function append(data: EventPages | undefined, events: AtelierEvent[]): EventPages | undefined {
  const [newest, ...older] = data?.pages ?? []
  if (!data || !newest) return data
  const last = newest.value.at(-1)?.seq ?? 0
  const added = events.filter((e) => e.seq > last)
  if (added.length === 0) return data
  let value = [...newest.value, ...added]
  // A page that nobody went back from forgets its oldest; they can be asked for.
  if (older.length === 0 && value.length > mostEvents) value = value.slice(-mostEvents / 2)
  return { ...data, pages: [{ ...newest, value }, ...older] }
}

/** One read each gap, of which a few may be ahead of their time. Times are milliseconds. */
class Pace {
  /** When all reads so far would have been due, had none been ahead. */
  #due = 0
  #last = Number.NEGATIVE_INFINITY

  wait(now: number): number {
    return Math.max(this.#due - ahead * gap, this.#last + breath) - now
  }

  took(now: number): void {
    this.#due = Math.max(this.#due, now) + gap
    this.#last = now
  }
}

export class Invalidator {
  #client: QueryClient
  #cache: QueryCache
  #unsubscribe: () => void
  #underway = new Set<Query>()
  #waiting = new Map<string, QueryKey>()
  #pace = new Pace()
  #heard: AtelierEvent[] = []
  #toldAt = Number.NEGATIVE_INFINITY
  #telling: ReturnType<typeof setTimeout> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: QueryClient) {
    this.#client = client
    this.#cache = client.getQueryCache()
    this.#unsubscribe = this.#cache.subscribe((e) => e.type === 'updated' && this.#answered(e.query))
    document.addEventListener('visibilitychange', this.#looked)
  }

  /** Lists take the events up before anything is read again: they have what they need. */
  take(events: AtelierEvent[]): void {
    const now = performance.now()
    this.#heard.push(...events)
    this.#telling ??= setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + breath - now))
    for (const event of events) {
      for (const key of stale(event)) this.#waiting.set(JSON.stringify(key), key)
    }
    // What makes nothing old must not begin the pause: what comes behind it would wait.
    if (this.#waiting.size > 0) this.#flushSoon(now)
  }

  /** Anything may have happened. */
  takeAll(): void {
    this.#waiting.set('[]', [])
    this.#flushSoon(performance.now())
  }

  #flushSoon(now: number): void {
    if (document.visibilityState === 'hidden') return
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#pace.wait(now)))
  }

  #looked = () => {
    if (this.#waiting.size > 0) this.#flushSoon(performance.now())
  }

  close(): void {
    this.#unsubscribe()
    document.removeEventListener('visibilitychange', this.#looked)
    clearTimeout(this.#timer)
    clearTimeout(this.#telling)
  }

  #flush(): void {
    this.#timer = undefined
    this.#pace.took(performance.now())
    const old = [...this.#waiting.values()]
    this.#waiting.clear()
    // An answer under way is not thrown away, or a slow server would never be heard while things happen; but it may be
    // older than the event, so that it is asked for again after it.
    for (const queryKey of old) {
      for (const query of this.#cache.findAll({ queryKey, fetchStatus: 'fetching' })) this.#underway.add(query)
    }
    for (const queryKey of old) void this.#client.invalidateQueries({ queryKey }, { cancelRefetch: false })
  }

  #answered(query: Query): void {
    if (query.state.fetchStatus === 'fetching' || !this.#underway.delete(query)) return
    void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true })
  }

  /** Lists of events take up what came: that asks the server for nothing. */
  #tell(): void {
    const events = this.#heard.splice(0)
    this.#telling = undefined
    this.#toldAt = performance.now()
    for (const query of this.#cache.findAll({ queryKey: keys.events() })) {
      const wanted = events.filter((e) => matches((query.queryKey[1] ?? {}) as EventFilter, e))
      if (wanted.length === 0) continue
      // What is under way may have been answered before the event.
      if (query.state.fetchStatus === 'fetching') void this.#client.invalidateQueries({ queryKey: query.queryKey })
      else this.#client.setQueryData<EventPages>(query.queryKey, (data) => append(data, wanted))
    }
  }
}
