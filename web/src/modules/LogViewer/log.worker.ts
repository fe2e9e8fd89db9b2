/** The thread that holds the bytes of logs, so that the page stays quick however long they are. */
import type { ToWorker } from './protocol.ts'
import { Session } from './session.ts'

const channel = new MessageChannel()
const waiting: (() => void)[] = []
channel.port1.onmessage = () => waiting.shift()?.()

const session = new Session({
  post: (message) => postMessage(message),
  fetch: (url, signal) => fetch(url, { signal, credentials: 'same-origin' }),
  random: Math.random,
  wait: (milliseconds, signal) =>
    new Promise((done) => {
      const timer = setTimeout(done, milliseconds)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        done()
      })
    }),
  soon(f) {
    waiting.push(f)
    channel.port2.postMessage(null)
  },
  later: (f, milliseconds) => void setTimeout(f, milliseconds),
})

addEventListener('message', (e: MessageEvent<ToWorker>) => session.hear(e.data))
