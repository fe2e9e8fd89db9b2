/** The SharedWorker: one StreamHolder for each workspace, and the tabs that look at it. */
import { browserHost } from './browserhost.ts'
import { type StreamCommand, StreamHolder, type StreamMessage } from './stream.ts'

type Room = { holder: StreamHolder; tabs: Set<MessagePort> }

const rooms = new Map<string, Room>()

function enter(url: string, port: MessagePort): Room {
  let room = rooms.get(url)
  if (!room) {
    const tabs = new Set<MessagePort>()
    const tell = (message: StreamMessage) => {
      for (const tab of tabs) tab.postMessage(message)
    }
    room = { tabs, holder: new StreamHolder(browserHost(tell), url) }
    rooms.set(url, room)
  }
  room.tabs.add(port)
  port.postMessage({ type: 'freshness', freshness: room.holder.freshness } satisfies StreamMessage)
  // What was refused may be allowed by now.
  if (room.holder.freshness.state === 'signedOut' || room.holder.freshness.state === 'denied') room.holder.resync()
  return room
}

function leave(port: MessagePort): void {
  for (const [url, room] of rooms) {
    if (room.tabs.delete(port) && room.tabs.size === 0) {
      room.holder.close()
      rooms.delete(url)
    }
  }
}

;(self as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const port = e.ports[0]
  if (!port) return
  let room: Room | undefined
  port.onmessage = (m: MessageEvent<StreamCommand>) => {
    switch (m.data.type) {
      case 'watch':
        leave(port)
        room = enter(m.data.url, port)
        break
      case 'resync':
        room?.holder.resync()
        break
      case 'bye':
        leave(port)
    }
  }
}
