/** What a browser's shared workers ask for. Playwright tells of pages only; the browser itself tells of workers. */
import type { Browser, CDPSession } from '@playwright/test'
import { eventually } from './server.ts'

type Message = { method?: string; params?: { requestId: string; request?: { url: string } } }

export class WorkerRequests {
  /** Requests that are under way, by id. */
  readonly open = new Map<string, string>()

  /** Listens to the one shared worker of the origin. */
  static async of(browser: Browser, origin: string): Promise<WorkerRequests> {
    const session = await browser.newBrowserCDPSession()
    await eventually('there is a worker', async () => (await workers(session, origin)).length > 0)
    const [worker] = await workers(session, origin)
    const requests = new WorkerRequests()
    session.on('Target.receivedMessageFromTarget', ({ message }) => requests.#hear(JSON.parse(message) as Message))
    const { sessionId } = await session.send('Target.attachToTarget', { targetId: worker ?? '', flatten: false })
    await session.send('Target.sendMessageToTarget', {
      sessionId,
      message: JSON.stringify({ id: 1, method: 'Network.enable', params: {} }),
    })
    return requests
  }

  #hear({ method, params }: Message): void {
    if (!params) return
    if (method === 'Network.requestWillBeSent') this.open.set(params.requestId, params.request?.url ?? '')
    if (method === 'Network.loadingFinished' || method === 'Network.loadingFailed') this.open.delete(params.requestId)
  }

  /** The streams of events that are open. */
  get streams(): string[] {
    return [...this.open.values()].filter((url) => url.includes('follow=true'))
  }
}

/** The shared workers of an origin. */
export async function workers(session: CDPSession, origin: string): Promise<string[]> {
  const { targetInfos } = await session.send('Target.getTargets')
  return targetInfos.filter((i) => i.type === 'shared_worker' && i.url.startsWith(origin)).map((i) => i.targetId)
}
