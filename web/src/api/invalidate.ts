/** Which queries an event makes old. A burst of events reads each query again at once and then at most four times a second. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { keys } from './keys.ts'
import type { AtelierEvent } from './types.ts'

const gap = 250

/** Keys of the queries that show what the event is about. */
export function stale(event: AtelierEvent): QueryKey[] {
  // "workspaces/s~g~w/computes/gpu/nodes/gpu-k3f2-0"
  const [, , collection, name, below] = event.target.split('/')
  const found: QueryKey[] = [keys.events()]
  if (collection === 'computes' && name) {
    found.push(keys.computes(), keys.compute(name), keys.computeParts(name), keys.usage())
  }
  if (collection === 'jobs' && name) {
    found.push(keys.jobs(), keys.job(name))
    // Jobs that run or wait change what is said of computes and nodes.
    if (below !== 'tasks') found.push(keys.computesWithJobs())
    if (below === 'tasks') found.push(keys.jobParts(name))
  }
  if (collection === undefined) found.push(keys.usage(), keys.access())
  return found
}

export class Invalidator {
  #client: QueryClient
  #waiting = new Map<string, QueryKey>()
  #quietUntil = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: QueryClient) {
    this.#client = client
  }

  take(events: AtelierEvent[]): void {
    for (const event of events) {
      for (const key of stale(event)) this.#waiting.set(JSON.stringify(key), key)
    }
    if (this.#timer !== undefined) return
    const wait = this.#quietUntil - performance.now()
    if (wait <= 0) this.#flush()
    else this.#timer = setTimeout(() => this.#flush(), wait)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #flush(): void {
    this.#timer = undefined
    this.#quietUntil = performance.now() + gap
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const queryKey of all) void this.#client.invalidateQueries({ queryKey })
  }
}
