/** What a StreamHolder needs of a browser, in a tab or in a worker. */
import type { StreamHost, StreamMessage } from './stream.ts'

export function browserHost(tell: (message: StreamMessage) => void): StreamHost {
  return {
    open: (url) => new EventSource(url),
    async probe() {
      try {
        const response = await fetch('/session', { credentials: 'same-origin' })
        if (!response.ok) return response.status
        return ((await response.json()) as { signedIn: boolean }).signedIn ? 200 : 401
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
