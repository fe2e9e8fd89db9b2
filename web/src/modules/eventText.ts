/** What happened, in words: from the reason of an event if it has one, else from what changed since the one before. */
import type { AtelierEvent } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import type { Text } from '~/i18n/text.tsx'

export type EventPart = { kind: string; name: string; compute?: string; job?: string; path: string }

/** What an event is about: "workspaces/s~g~w/computes/gpu/nodes/n-1" is node n-1 of the compute gpu. */
export function partOf(target: string): EventPart {
  const parts = target.split('/').slice(2)
  const kind = parts.at(-2) ?? 'workspaces'
  const name = parts.at(-1) ?? target.split('/').at(-1)?.split('~').at(-1) ?? target
  return {
    kind,
    name,
    path: parts.join('/'),
    compute: parts[0] === 'computes' ? parts[1] : undefined,
    job: parts[0] === 'jobs' ? parts[1] : undefined,
  }
}

/** Node counts that an event of a compute keeps: [target, current, idle, running, preparing, leaving, unusable, preempted]. */
export function shapeOf(event: AtelierEvent): number[] | undefined {
  if (!event.detail) return undefined
  try {
    const counts = JSON.parse(event.detail) as number[]
    return Array.from({ length: 8 }, (_, i) => counts[i] ?? 0)
  } catch {
    return undefined
  }
}

const nodeStates = ['idle', 'running', 'preparing', 'leaving', 'unusable', 'preempted'] as const
/** Those that decide, as events call them, rather than people. */
const systems = new Set(['compute', 'jobs', 'fleet', 'place', 'atelier', 'workspaces', 'auth'])

export const isSystem = (actor: string): boolean => actor === '' || systems.has(actor)

export type EventLine = {
  event: AtelierEvent
  part: EventPart
  words: string
  /** Nothing that a person would look for: bookkeeping. */
  routine: boolean
}

/** Lines of events, which come oldest first. What is in known was made before, of the same two events. */
export function eventLines(
  events: AtelierEvent[],
  t: Text,
  has: (id: string) => boolean,
  known = new Map<string, EventLine>(),
): EventLine[] {
  const before = new Map<string, AtelierEvent>()
  return events.map((event) => {
    const was = before.get(event.target)
    before.set(event.target, event)
    const key = `${event.seq} ${was?.seq ?? 0}`
    let line = known.get(key)
    if (!line) {
      const part = partOf(event.target)
      const said = words(event, was, part, t, has)
      line = { event, part, words: said.text, routine: said.routine === true || part.kind === 'operations' }
      known.set(key, line)
    }
    return line
  })
}

type Said = { text: string; routine?: boolean }

function words(
  event: AtelierEvent,
  was: AtelierEvent | undefined,
  part: EventPart,
  t: Text,
  has: (id: string) => boolean,
): Said {
  if (event.reason) {
    const id = `event.reason.${event.reason}`
    return { text: has(id) ? t(id as MessageId) : event.reason }
  }
  const verb = `event.${event.verb}.${part.kind}`
  if (event.verb !== 'updated') return { text: t((has(verb) ? verb : `event.${event.verb}`) as MessageId) }
  const scaled = scaling(event, was, t)
  if (scaled) return { text: scaled }
  if (event.state && event.state !== was?.state)
    return { text: t('event.state', { state: stateWord(event.state, t, has) }) }
  return { text: t('event.updated'), routine: was !== undefined || part.kind === 'nodes' }
}

function stateWord(state: string, t: Text, has: (id: string) => boolean): string {
  for (const kind of ['event.at', 'state', 'node']) {
    if (has(`${kind}.${state}`)) return t(`${kind}.${state}` as MessageId)
  }
  return state
}

/** "Target 0 → 3" when the target moved, else the counts that moved. */
function scaling(event: AtelierEvent, was: AtelierEvent | undefined, t: Text): string | undefined {
  const now = shapeOf(event)
  if (!now) return undefined
  const then = was ? shapeOf(was) : undefined
  const parts: string[] = []
  if (!then || then[0] !== now[0]) {
    parts.push(then ? t('event.target', { from: then[0], to: now[0] }) : t('event.targetIs', { n: now[0] }))
  }
  for (const [i, state] of nodeStates.entries()) {
    const n = now[i + 2] ?? 0
    if (n !== (then?.[i + 2] ?? 0)) parts.push(t('event.count', { state: t(`node.${state}`), n }))
  }
  return parts.length > 0 ? parts.join(' · ') : undefined
}
