/** The viewer's end of the worker. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { FromWorker, Row, Source, State, ToWorker } from './protocol.ts'
import type { Query } from './search.ts'

/** How it stands before anything was read. */
export const nothing: State = {
  phase: 'loading',
  bytes: 0,
  lines: 0,
  rows: 0,
  stamps: false,
  ranks: [],
  hits: 0,
  searching: false,
  truncated: false,
  map: { hits: [], errors: [] },
}

/** Rows around those that are seen, so that small steps show at once. */
const around = 60

export class LogClient {
  state: State = nothing
  #worker: Worker
  #listeners = new Set<() => void>()
  #asked = new Map<number, (m: FromWorker) => void>()
  #next = 1
  #rows: { from: number; rows: Row[] } = { from: 0, rows: [] }
  #wanted: { from: number; count: number } | undefined
  #asking = false
  /** Counts what is new to see. */
  revision = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.onmessage = (e: MessageEvent<FromWorker>) => this.#hear(e.data)
  }

  subscribe = (f: () => void): (() => void) => {
    this.#listeners.add(f)
    return () => this.#listeners.delete(f)
  }

  close(): void {
    this.#worker.terminate()
  }

  open(sources: Source[]): void {
    this.#send({ type: 'open', sources })
  }

  level(least: number): void {
    this.#send({ type: 'level', least })
  }

  search(query: Query | null): void {
    this.#send({ type: 'search', query })
  }

  /** The rows that are there of those that are asked for; others come later. */
  rows(from: number, count: number): { from: number; rows: Row[] } {
    const have = this.#rows
    const to = Math.min(from + count, this.state.rows)
    if (from < have.from || to > have.from + have.rows.length) this.#want(from, count)
    else this.#wanted = { from, count }
    const begin = Math.max(from, have.from)
    return { from: begin, rows: have.rows.slice(begin - have.from, Math.max(0, from + count - have.from)) }
  }

  async seek(from: number, back: boolean): Promise<{ row: number; index: number }> {
    const m = await this.#ask((id) => ({ type: 'seek', id, from, back }))
    return m.type === 'sought' ? m : { row: -1, index: -1 }
  }

  async locate(line: number): Promise<number> {
    const m = await this.#ask((id) => ({ type: 'locate', id, line }))
    return m.type === 'located' ? m.row : 0
  }

  async copy(from: number, to: number, clean: boolean): Promise<string> {
    const m = await this.#ask((id) => ({ type: 'copy', id, from, to, clean }))
    return m.type === 'copied' ? m.text : ''
  }

  #send(m: ToWorker): void {
    this.#worker.postMessage(m)
  }

  #ask(make: (id: number) => ToWorker): Promise<FromWorker> {
    const id = this.#next++
    return new Promise((done) => {
      this.#asked.set(id, done)
      this.#send(make(id))
    })
  }

  #want(from: number, count: number): void {
    this.#wanted = { from, count }
    if (this.#asking) return
    this.#asking = true
    this.#send({ type: 'rows', from: Math.max(0, from - around), count: count + 2 * around })
  }

  #hear(m: FromWorker): void {
    if (m.type === 'state') {
      this.state = m.state
      // What is seen may have changed: it was filtered, or its last line goes on.
      if (this.#wanted) this.#want(this.#wanted.from, this.#wanted.count)
    } else if (m.type === 'rows') {
      this.#asking = false
      this.#rows = m
      const { from, count } = this.#wanted ?? { from: m.from, count: 0 }
      const to = Math.min(from + count, this.state.rows)
      if (from < m.from || to > m.from + m.rows.length) this.#want(from, count)
    } else {
      this.#asked.get(m.id)?.(m)
      this.#asked.delete(m.id)
      return
    }
    this.revision++
    for (const f of this.#listeners) f()
  }
}

const quiet = () => () => {}

/** A worker with the logs open, for as long as the component is there. */
export function useLogs(sources: Source[]): LogClient | undefined {
  const [client, setClient] = useState<LogClient>()
  useEffect(() => {
    const made = new LogClient(new Worker(new URL('./log.worker.ts', import.meta.url), { type: 'module' }))
    setClient(made)
    return () => made.close()
  }, [])
  const key = sources.map((s) => s.url).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same logs are opened once, however their sizes grow
  useEffect(() => client?.open(sources), [client, key])
  useSyncExternalStore(client?.subscribe ?? quiet, () => client?.state)
  return client
}

/** Rows of the log, and others when they come: they change more often than how it stands. */
export function useRows(client: LogClient | undefined, from: number, count: number): { from: number; rows: Row[] } {
  useSyncExternalStore(client?.subscribe ?? quiet, () => client?.revision)
  return client?.rows(from, count) ?? { from, rows: [] }
}
