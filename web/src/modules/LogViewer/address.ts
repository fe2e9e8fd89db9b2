/** What a link to a log says: which one, what of it, and which lines. The route (routes.tsx) knows these fields. */
import { useLocation, useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

export type LogSearch = {
  log?: string
  attempt?: string
  /** "all", or a number. */
  rank?: string
  level?: string
  q?: string
  /** "1": the text is an expression. */
  re?: string
  /** "1": capital letters matter. */
  cs?: string
  wrap?: string
  /** "0": without the times of lines. */
  ts?: string
}

export type Range = { from: number; to: number }

/** "L12" and "L12-L20", with the smaller first. */
export function readRange(hash: string): Range | undefined {
  const m = /^#?L(\d+)(?:-L?(\d+))?$/.exec(hash)
  if (!m) return undefined
  const a = Number(m[1])
  const b = Number(m[2] ?? m[1])
  if (a < 1 || b < 1) return undefined
  return { from: Math.min(a, b), to: Math.max(a, b) }
}

export const writeRange = ({ from, to }: Range): string => (from === to ? `L${from}` : `L${from}-L${to}`)

export function useLogAddress() {
  const location = useLocation()
  const navigate = useNavigate()
  const change = useCallback(
    (next: LogSearch) =>
      void navigate({
        to: '.',
        search: ((was: object) => ({ ...was, ...next })) as never,
        hash: true,
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  )
  const select = useCallback(
    (range: Range | undefined) =>
      void navigate({
        to: '.',
        search: true as never,
        hash: range ? writeRange(range) : '',
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      }),
    [navigate],
  )
  return { search: location.search as LogSearch, range: readRange(location.hash), change, select }
}
