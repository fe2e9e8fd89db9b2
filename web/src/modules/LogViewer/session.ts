/** What the worker does: reads the logs, keeps the view of them, answers the viewer. Without the browser's own parts, for tests. */
import { levels } from './level.ts'
import { Lines } from './lines.ts'
import type { FromWorker, Phase, Source, State, ToWorker } from './protocol.ts'
import { follow, type ReaderHost } from './reader.ts'
import { expression, type Query, searchBlock } from './search.ts'
import { type Log, View } from './view.ts'

export type SessionHost = ReaderHost & {
  post(message: FromWorker): void
  /** Calls f soon, after what else there is to do. */
  soon(f: () => void): void
  /** Calls f after some time. */
  later(f: () => void, milliseconds: number): void
}

type Seek = Extract<ToWorker, { type: 'seek' }>
type Open = { source: Source; lines: Lines; phase: Phase; error?: string; stop: AbortController; searched: number }

/** States are told this often at most. */
const pace = 100

export class Session {
  #host: SessionHost
  #open: Open[] = []
  #view = new View()
  #re: RegExp | undefined
  #badQuery: string | undefined
  #searching = false
  /** Of those who go to the next before the search has ended. */
  #seeks: Seek[] = []
  #telling = false
  #changed = false

  constructor(host: SessionHost) {
    this.#host = host
  }

  hear(m: ToWorker): void {
    switch (m.type) {
      case 'open':
        this.#openAll(m.sources)
        break
      case 'level':
        this.#view.keep(Math.max(0, Math.min(m.least, levels.length)))
        this.#tell(true)
        break
      case 'search':
        this.#search(m.query)
        break
      case 'rows':
        this.#host.post({ type: 'rows', from: m.from, rows: this.#view.read(m.from, m.count) })
        break
      case 'seek':
        if (this.#searching) this.#seeks.push(m)
        else this.#seek(m)
        break
      case 'locate':
        this.#host.post({ type: 'located', id: m.id, row: this.#view.rowOf(m.line - 1) })
        break
      case 'copy':
        this.#host.post({ type: 'copied', id: m.id, text: this.#view.copy(m.from, m.to, m.clean) })
    }
  }

  close(): void {
    for (const o of this.#open) o.stop.abort()
  }

  #openAll(sources: Source[]): void {
    const was = new Map(this.#open.map((o) => [o.source.url, o]))
    this.#open = sources.map((source) => {
      const known = was.get(source.url)
      was.delete(source.url)
      return known ?? this.#begin(source)
    })
    for (const gone of was.values()) gone.stop.abort()
    this.#view.show(this.#open.map((o): Log => ({ rank: o.source.rank, lines: o.lines })))
    if (this.#re) this.#goOnSearching()
    this.#tell(true)
  }

  #begin(source: Source): Open {
    const o: Open = {
      source,
      lines: new Lines(source.size),
      phase: 'loading',
      stop: new AbortController(),
      searched: 0,
    }
    const grown = () => {
      if (o.lines.size >= source.size && o.phase === 'loading') o.phase = 'following'
      this.#grown()
    }
    const on = {
      bytes: (chunk: Uint8Array) => {
        o.lines.append(chunk)
        grown()
      },
      open: () => {
        o.phase = o.lines.size >= source.size ? 'following' : 'loading'
        this.#tell()
      },
      dropped: () => {
        o.phase = 'dropped'
        this.#tell()
      },
      failed: (error: string) => {
        o.phase = 'failed'
        o.error = error
        this.#tell(true)
      },
      end: () => {
        o.lines.finish()
        o.phase = 'ended'
        this.#grown()
      },
    }
    void follow(this.#host, source.url, on, () => o.lines.full, o.stop.signal)
    return o
  }

  #grown(): void {
    this.#changed = true
    this.#tell()
  }

  #search(query: Query | null): void {
    const re = query?.text ? expression(query) : undefined
    this.#badQuery = typeof re === 'string' ? re : undefined
    this.#re = typeof re === 'string' ? undefined : re
    for (const o of this.#open) {
      o.searched = 0
      if (!this.#re) o.lines.hits.fill(0)
    }
    if (this.#re) this.#goOnSearching()
    else {
      this.#view.rebuild()
      this.#tell(true)
    }
  }

  /** Looks through one block of what was not looked at, then lets others in. */
  #goOnSearching(): void {
    if (this.#searching) return
    this.#searching = true
    let found = false
    const step = () => {
      const o = this.#re && this.#open.find((x) => x.searched < x.lines.complete)
      if (!o || !this.#re) {
        this.#searching = false
        if (found || !this.#re) this.#view.rebuild()
        this.#tell(true)
        for (const m of this.#seeks.splice(0)) this.#seek(m)
        return
      }
      o.searched = searchBlock(o.lines, this.#re, o.searched)
      found = true
      this.#host.soon(step)
    }
    step()
    if (this.#searching) this.#tell(true)
  }

  #seek({ id, from, back }: Seek): void {
    this.#host.post({ type: 'sought', id, ...this.#view.seek(from, back) })
  }

  /** Tells how it stands, soon; at once if the user waits for it. */
  #tell(now = false): void {
    if (now) this.#post()
    else if (!this.#telling) {
      this.#telling = true
      this.#host.later(() => {
        this.#telling = false
        this.#post()
      }, pace)
    }
  }

  #post(): void {
    if (this.#changed) {
      this.#changed = false
      if (this.#re && !this.#searching) {
        // What came is looked through before it is shown as rows.
        for (const o of this.#open) {
          while (o.searched < o.lines.complete) o.searched = searchBlock(o.lines, this.#re, o.searched)
        }
      }
      this.#view.grow()
    }
    this.#host.post({ type: 'state', state: this.#state() })
  }

  #state(): State {
    const phases: Phase[] = ['failed', 'dropped', 'loading', 'following', 'ended']
    const phase = phases.find((p) => this.#open.some((o) => o.phase === p)) ?? 'loading'
    const view = this.#view
    return {
      phase,
      error: this.#open.find((o) => o.error)?.error,
      bytes: this.#open.reduce((n, o) => n + o.lines.size, 0),
      lines: view.lines,
      rows: view.rows,
      stamps: view.stamps,
      ranks: this.#open.map((o) => ({ rank: o.source.rank, lines: o.lines.count })),
      hits: view.hits,
      searching: this.#searching,
      badQuery: this.#badQuery,
      truncated: this.#open.some((o) => o.lines.full),
      map: view.map(),
    }
  }
}
