/** Which queries an event makes old. A burst of events reads each query again at once and then at most four times a second. */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query'
import { keys } from './keys.ts'
import type { EventFilter } from './queries/job.ts'
import type { AtelierEvent } from './types.ts'

const gap = 250
/** Lists of events are drawn again at most so often: a change comes as a burst of events. */
const breath = 50

/** Keys of the queries that show what the event is about. */
export function stale(event: AtelierEvent): QueryKey[] {
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

export class Invalidator {
  #client: QueryClient
  #waiting = new Map<string, QueryKey>()
  #quietUntil = 0
  #heard: AtelierEvent[] = []
  #toldAt = Number.NEGATIVE_INFINITY
  #telling: ReturnType<typeof setTimeout> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: QueryClient) {
    this.#client = client
  }

  take(events: AtelierEvent[]): void {
    this.#heard.push(...events)
    this.#telling ??= setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + breath - performance.now()))
    for (const event of events) {
      for (const key of stale(event)) this.#waiting.set(JSON.stringify(key), key)
    }
    // What makes nothing old must not begin the pause: what comes behind it would wait.
    if (this.#timer !== undefined || this.#waiting.size === 0) return
    const wait = this.#quietUntil - performance.now()
    if (wait <= 0) this.#flush()
    else this.#timer = setTimeout(() => this.#flush(), wait)
  }

  close(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#telling)
  }

  #flush(): void {
    this.#timer = undefined
    this.#quietUntil = performance.now() + gap
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const [text, queryKey] of all) {
      // An answer under way is not thrown away, or a slow server would never be heard while things happen; but it may be
      // older than the event, so that it is asked for again after it.
      if (this.#client.isFetching({ queryKey }) > 0) this.#waiting.set(text, queryKey)
      void this.#client.invalidateQueries({ queryKey }, { cancelRefetch: false })
    }
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#flush(), gap)
  }

  /** Lists of events take up what came: that asks the server for nothing. */
  #tell(): void {
    const events = this.#heard.splice(0)
    this.#telling = undefined
    this.#toldAt = performance.now()
    for (const query of this.#client.getQueryCache().findAll({ queryKey: keys.events() })) {
      const wanted = events.filter((e) => matches((query.queryKey[1] ?? {}) as EventFilter, e))
      if (wanted.length === 0) continue
      // What is under way may have been answered before the event.
      if (query.state.fetchStatus === 'fetching') void this.#client.invalidateQueries({ queryKey: query.queryKey })
      else this.#client.setQueryData<EventPages>(query.queryKey, (data) => append(data, wanted))
    }
  }
}
