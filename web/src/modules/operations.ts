/** What the user set off and goes on: kept over a reload, followed by events rather than by asking again and again. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { ApiError } from '~/api/http.ts'
import { matches, stale } from '~/api/invalidate.ts'
import { useEvents, useFreshness } from '~/api/live.ts'
import { operation } from '~/api/queries/compute.ts'
import type { AtelierEvent } from '~/api/types.ts'

export type Op = {
  id: string
  verb: string // create, start, stop, restart, delete, detach, update, cancel
  target: string // "computes/gpu"
  at: string // where the server says how far it is; '' when it was done at once
  startedAt: number
  endedAt?: number
  failed?: Failure
}

/** Why it failed, as the server says it; the code is '' where there is none. */
export type Failure = { code: string; message: string }

const place = 'atelier.operations'
const most = 50
const forgetAfter = 24 * 3_600_000
const askEvery = 3000

let ops: Op[] = read()
const listeners = new Set<() => void>()

function read(): Op[] {
  try {
    // Of what was asked just before a reload nobody knows whether the server heard it.
    return (JSON.parse(sessionStorage.getItem(place) ?? '[]') as Op[]).filter(
      (o) => o.startedAt > Date.now() - forgetAfter && (o.at || o.endedAt),
    )
  } catch {
    return []
  }
}

function set(next: Op[]): void {
  ops = next.slice(0, most)
  sessionStorage.setItem(place, JSON.stringify(ops))
  for (const f of listeners) f()
}

const endListeners = new Set<(op: Op) => void>()

function end(id: string, failed?: Failure): void {
  set(ops.map((o) => (o.id === id ? { ...o, endedAt: Date.now(), failed } : o)))
  for (const op of ops) if (op.id === id) for (const f of endListeners) f(op)
}

/** Remembers what is being asked, before the server has answered. */
export function asking(verb: string, target: string): Op {
  const op: Op = { id: crypto.randomUUID(), verb, target: target.toLowerCase(), at: '', startedAt: Date.now() }
  set([op, ...ops])
  return op
}

/** The server took it on; at is what begin() answered. */
export function accepted(op: Op, at: string): void {
  set(ops.map((o) => (o.id === op.id ? { ...o, at, endedAt: at ? undefined : Date.now() } : o)))
  // It may have ended before its address was known, and then no event tells so any more.
  if (at) void look({ ...op, at })
}

/** The server refused it. */
export function refused(op: Op, error: unknown): void {
  const code = error instanceof ApiError ? error.code : ''
  end(op.id, { code, message: error instanceof Error ? error.message : String(error) })
}

export const forgetEnded = (): void => set(ops.filter((o) => !o.endedAt))

export const useOperations = (): Op[] =>
  useSyncExternalStore(
    (f) => {
      listeners.add(f)
      return () => listeners.delete(f)
    },
    () => ops,
  )

/** What was asked of a target and is not over yet. */
export function useRequested(target: string): Op | undefined {
  return useOperations().find((o) => !o.endedAt && o.target === target.toLowerCase())
}

async function look(op: Op): Promise<void> {
  try {
    const { status, error } = await operation(op.at)
    if (status === 'Succeeded') end(op.id)
    else if (status === 'Failed' || status === 'Canceled') end(op.id, error ?? { code: '', message: status })
  } catch (error) {
    // The server forgets an operation some time after its end, and one of a deleted thing with it.
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) end(op.id)
  }
}

const goesOn = (op: Op): boolean => !op.endedAt && op.at !== ''

/** Looks how far an operation is whenever something happens to its target; once in the shell. */
export function useFollowOperations(): void {
  const hear = useCallback((events: AtelierEvent[]) => {
    for (const op of ops) {
      if (goesOn(op) && events.some((e) => matches({ target: op.target }, e))) void look(op)
    }
  }, [])
  useEvents(hear)
  useEffect(() => {
    for (const op of ops) if (goesOn(op)) void look(op)
  }, [])
  useAsk()
}

/**
 * Whoever may not read events is never told that an operation has ended, nor that its target has changed: only then it is
 * asked for again and again, for as long as one goes on.
 */
function useAsk(): void {
  const client = useQueryClient()
  const untold = useFreshness().state === 'denied'
  const asks = useOperations().some(goesOn) && untold
  useEffect(() => {
    if (!asks) return
    const timer = setInterval(() => {
      for (const op of ops) if (goesOn(op)) void look(op)
    }, askEvery)
    return () => clearInterval(timer)
  }, [asks])
  useEffect(() => {
    if (!untold) return
    const ended = (op: Op) => {
      for (const queryKey of stale({ target: `workspaces/this/${op.target}` }))
        void client.invalidateQueries({ queryKey })
    }
    endListeners.add(ended)
    return () => {
      endListeners.delete(ended)
    }
  }, [untold, client])
}
