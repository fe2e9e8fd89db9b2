/** Reads a log as it grows. After a drop it goes on where it was. */

export type ReaderEvents = {
  bytes(chunk: Uint8Array): void
  /** All is here that ever comes. */
  end(): void
  /** The connection is gone, and is tried again. */
  dropped(): void
  /** There is a connection. */
  open(): void
  /** The server refuses: what it says. */
  failed(message: string): void
}

export type ReaderHost = {
  fetch(url: string, signal: AbortSignal): Promise<Response>
  wait(milliseconds: number, signal: AbortSignal): Promise<void>
  random(): number
}

/** After so many bytes others get their turn: who scrolls while a long log comes in does not want to wait for it. */
const breath = 4 << 20

/** Runs until all is read, or the signal ends it. Full says that no more is wanted. */
export async function follow(
  host: ReaderHost,
  url: string,
  on: ReaderEvents,
  full: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let offset = 0
  let held = 0
  let tries = 0
  let empty = 0 // answers with nothing new, one after another
  while (!signal.aborted) {
    const before = offset
    try {
      const response = await host.fetch(`${url}&follow=true&offset=${offset}`, signal)
      if (!response.ok || !response.body) {
        if (response.status === 401 || response.status >= 500 || response.status === 429) throw new Error('again')
        on.failed(await message(response))
        return
      }
      tries = 0
      on.open()
      const reader = response.body.getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        offset += part.value.length
        on.bytes(part.value)
        held += part.value.length
        if (held >= breath) {
          held = 0
          await host.wait(0, signal)
        }
        if (full()) {
          await reader.cancel()
          on.end()
          return
        }
      }
      // A server that is being stopped ends its answers, too: only one that is asked again and has nothing to add is at the end.
      empty = offset === before ? empty + 1 : 0
      if (empty > 0 && (offset > 0 || empty > 1)) {
        on.end()
        return
      }
    } catch {
      if (signal.aborted) return
      on.dropped()
      await host.wait(Math.min(10_000, 500 * 2 ** tries++) * (0.5 + host.random()), signal)
    }
  }
}

async function message(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: { message?: string } }
    return error?.message ?? response.statusText
  } catch {
    return response.statusText
  }
}
