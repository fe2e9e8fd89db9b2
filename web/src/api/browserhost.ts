/** What a StreamHolder needs of a browser, in a tab or in a worker. */
import type { StreamHost, StreamMessage } from './stream.ts'

export function browserHost(tell: (message: StreamMessage) => void): StreamHost {
  return {
    open: (url) => new EventSource(url),
    async probe(url) {
      try {
        const response = await fetch('/session', { credentials: 'same-origin' })
        if (!response.ok) return 0 // whoever is signed in, the session cannot be read now
        if (!((await response.json()) as { signedIn: boolean }).signedIn) return 401
        const one = new URL(url, location.origin)
        one.searchParams.set('follow', 'false')
        one.searchParams.set('$top', '1')
        return (await fetch(one, { credentials: 'same-origin' })).status
      } catch {
        return 0
      }
    },
    now: () => Date.now(),
    random: () => Math.random(),
    later: (f, after) => setTimeout(f, after) as unknown as number,
    cancel: (timer) => clearTimeout(timer),
    tell,
  }
}
