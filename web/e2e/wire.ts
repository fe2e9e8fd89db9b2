/** A wire between browsers and the server that can be cut, as a network fails: nothing is said, connections just end. */
import { connect, createServer, type Server as Listener, type Socket } from 'node:net'

export class Wire {
  readonly base: string
  #listener: Listener
  #sockets = new Set<Socket>()
  #cut = false

  private constructor(listener: Listener, sockets: Set<Socket>, base: string) {
    this.#listener = listener
    this.#sockets = sockets
    this.base = base
  }

  /** Lays a wire to the server at base. */
  static async lay(base: string): Promise<Wire> {
    const { hostname, port } = new URL(base)
    const sockets = new Set<Socket>()
    const listener = createServer((near) => {
      if (wire.#cut) {
        near.destroy()
        return
      }
      const far = connect(Number(port), hostname)
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.pipe(other)
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
      }
    })
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
    const at = listener.address()
    if (at === null || typeof at === 'string') throw new Error('the wire has no port')
    const wire = new Wire(listener, sockets, `https://127.0.0.1:${at.port}`)
    return wire
  }

  cut(): void {
    this.#cut = true
    for (const s of this.#sockets) s.destroy()
  }

  mend(): void {
    this.#cut = false
  }

  remove(): void {
    this.cut()
    this.#listener.close()
  }
}
