/**
 * What changes, as it changes. One stream of server-sent events serves all tabs of a browser: a SharedWorker holds it
 * and hands on what comes. Where there is no SharedWorker, the tab holds one of its own.
 */
import type { AtelierEvent } from './types.ts'

export type Freshness =
  | { state: 'connecting' }
  | { state: 'live'; since: number }
  | { state: 'reconnecting'; since: number }
  | { state: 'signedOut' }
  /** The caller may not read events, though they may read other things. */
  | { state: 'denied' }

/** From the holder of the stream to tabs. Fresh says that what was missed cannot be known: read all again. */
export type StreamMessage =
  | { type: 'events'; events: AtelierEvent[] }
  | { type: 'freshness'; freshness: Freshness }
  | { type: 'fresh' }

/** From tabs to the holder. */
export type StreamCommand = { type: 'watch'; url: string } | { type: 'resync' } | { type: 'bye' }

const firstPause = 500
const lastPause = 30_000

/** How long to wait before the nth try in a row: twice as long each time, and never quite as long as others. */
export function pause(tries: number, random: () => number): number {
  return Math.min(lastPause, firstPause * 2 ** tries) * (0.5 + random() / 2)
}

export type StreamHost = {
  open(url: string): EventSource
  /**
   * An EventSource does not say why it ended: 401 if nobody is signed in any more, 403 if they may not read events, 0 if
   * the server does not answer.
   */
  probe(url: string): Promise<number>
  now(): number
  random(): number
  later(f: () => void, after: number): number
  cancel(timer: number): void
  tell(message: StreamMessage): void
}

/** Keeps one stream alive and resumes it after the last event that it saw. */
export class StreamHolder {
  #host: StreamHost
  #url: string
  #source: EventSource | undefined
  #last = 0
  #heard: AtelierEvent[] = []
  #tries = 0
  #timer: number | undefined
  #life = 0
  freshness: Freshness = { state: 'connecting' }

  constructor(host: StreamHost, url: string) {
    this.#host = host
    this.#url = url
    this.#connect()
  }

  /** Begins anew at once, for somebody who does not want to wait. */
  resync(): void {
    this.close()
    this.#tries = 0
    this.#connect()
    this.#host.tell({ type: 'fresh' })
  }

  close(): void {
    this.#life++
    if (this.#timer !== undefined) this.#host.cancel(this.#timer)
    this.#timer = undefined
    this.#source?.close()
    this.#source = undefined
  }

  #say(freshness: Freshness): void {
    this.freshness = freshness
    this.#host.tell({ type: 'freshness', freshness })
  }

  #connect(): void {
    const resumed = this.#last > 0
    const source = this.#host.open(resumed ? `${this.#url}&after=${this.#last}` : this.#url)
    this.#source = source
    source.addEventListener('ready', (e) => {
      const { seq } = JSON.parse((e as MessageEvent<string>).data) as { seq: number }
      // Fewer events than before: the server has another data directory now.
      if (resumed && seq < this.#last) this.#host.tell({ type: 'fresh' })
      if (!resumed || seq < this.#last) this.#last = seq
      this.#live()
    })
    source.onmessage = (e: MessageEvent<string>) => {
      const event = JSON.parse(e.data) as AtelierEvent
      if (event.seq <= this.#last) return
      this.#last = event.seq
      // What comes together is handed on together: each message wakes every tab.
      if (this.#heard.push(event) === 1) {
        this.#host.later(() => this.#host.tell({ type: 'events', events: this.#heard.splice(0) }), 0)
      }
    }
    source.onerror = () => this.#lost(source)
  }

  #live(): void {
    this.#tries = 0
    this.#say({ state: 'live', since: this.#host.now() })
  }

  #lost(source: EventSource): void {
    if (source !== this.#source) return
    this.close()
    const lostAt = this.#host.now()
    // One that never was there is not said to be lost before it is known why.
    if (this.freshness.state === 'live') this.#say({ state: 'reconnecting', since: lostAt })
    const life = this.#life
    void this.#host.probe(this.#url).then((status) => {
      if (life !== this.#life) return // closed or begun anew meanwhile
      if (status === 401) return this.#say({ state: 'signedOut' })
      if (status === 403) return this.#say({ state: 'denied' })
      if (this.freshness.state !== 'reconnecting') this.#say({ state: 'reconnecting', since: lostAt })
      this.#timer = this.#host.later(
        () => {
          this.#timer = undefined
          this.#connect()
        },
        pause(this.#tries++, this.#host.random),
      )
    })
  }
}
