/** This tab's end of the stream: how fresh what it shows is, and which queries an event makes old. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { browserHost } from './browserhost.ts'
import { address, type WorkspaceRef, workspacePath } from './http.ts'
import { Invalidator } from './invalidate.ts'
import { type Freshness, type StreamCommand, StreamHolder, type StreamMessage } from './stream.ts'
import type { AtelierEvent } from './types.ts'

type Listener = (events: AtelierEvent[]) => void

let freshness: Freshness = { state: 'connecting' }
const freshnessListeners = new Set<() => void>()
const eventListeners = new Set<Listener>()
let command: (c: StreamCommand) => void = () => {}

function setFreshness(next: Freshness): void {
  freshness = next
  for (const f of freshnessListeners) f()
}

/** How fresh what the tab shows is. */
export function useFreshness(): Freshness {
  return useSyncExternalStore(
    (f) => {
      freshnessListeners.add(f)
      return () => freshnessListeners.delete(f)
    },
    () => freshness,
  )
}

/** Somebody is not signed in any more, as an answer says; the stream may not know it yet. */
export function sessionOver(): void {
  if (freshness.state !== 'signedOut') setFreshness({ state: 'signedOut' })
}

/** Somebody has signed in. */
export const sessionBegun = (): void => setFreshness({ state: 'connecting' })

/** Reads everything again and connects anew. */
export const resync = (): void => command({ type: 'resync' })

/** Calls f for what changes, as it changes. */
export function useEvents(f: Listener): void {
  useEffect(() => {
    eventListeners.add(f)
    return () => {
      eventListeners.delete(f)
    }
  }, [f])
}

/** Keeps the tab's queries fresh for as long as the component is there; once in the shell. */
export function useLive(ws: WorkspaceRef): void {
  const client = useQueryClient()
  const url = address(`${workspacePath(ws)}/events`, { follow: true })
  useEffect(() => {
    const invalidator = new Invalidator(client)
    const hear = (message: StreamMessage) => {
      switch (message.type) {
        case 'freshness':
          // Between two connections anything may have happened that no query heard of.
          if (message.freshness.state === 'live' && freshness.state !== 'live' && freshness.state !== 'connecting')
            void client.invalidateQueries()
          // What was asked for before the stream began may have changed before it began.
          if (message.freshness.state === 'live' && freshness.state === 'connecting') invalidator.takeAll()
          if ((message.freshness.state === 'denied') !== (freshness.state === 'denied'))
            rereadOnVisits(client, message.freshness.state === 'denied')
          setFreshness(message.freshness)
          break
        case 'fresh':
          void client.invalidateQueries()
          break
        case 'events':
          invalidator.take(message.events)
          for (const f of eventListeners) f(message.events)
      }
    }
    const end = connect(url, hear)
    return () => {
      invalidator.close()
      end()
    }
  }, [client, url])
}

/**
 * Whoever may not read events sees no change as it happens: then a page's data is read whenever the page is opened or come
 * back to, rather than when an event says that it is old.
 */
function rereadOnVisits(client: QueryClient, on: boolean): void {
  const { queries, ...others } = client.getDefaultOptions()
  const visits = { staleTime: on ? 1000 : Number.POSITIVE_INFINITY, refetchOnWindowFocus: on }
  client.setDefaultOptions({ ...others, queries: { ...queries, ...visits } })
}

function connect(url: string, hear: (m: StreamMessage) => void): () => void {
  if (typeof SharedWorker === 'undefined') {
    const holder = new StreamHolder(browserHost(hear), url)
    command = (c) => c.type === 'resync' && holder.resync()
    return () => holder.close()
  }
  const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), {
    type: 'module',
    name: 'atelier-events',
  })
  worker.port.onmessage = (e: MessageEvent<StreamMessage>) => hear(e.data)
  command = (c) => worker.port.postMessage(c)
  command({ type: 'watch', url })
  const bye = () => command({ type: 'bye' })
  // A page that the browser keeps for "back" comes to life again by pageshow.
  const again = (e: PageTransitionEvent) => e.persisted && command({ type: 'watch', url })
  addEventListener('pagehide', bye)
  addEventListener('pageshow', again)
  return () => {
    removeEventListener('pagehide', bye)
    removeEventListener('pageshow', again)
    bye()
    worker.port.close()
  }
}
