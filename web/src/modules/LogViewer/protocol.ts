/** What the viewer and its worker say to each other. */
import type { Query } from './search.ts'

/** One log of one node of a job. */
export type Source = { url: string; size: number; rank: number }

export type ToWorker =
  | { type: 'open'; sources: Source[] }
  | { type: 'level'; least: number }
  | { type: 'search'; query: Query | null }
  | { type: 'rows'; from: number; count: number }
  /** The next row that was found, from one on, not counting it. */
  | { type: 'seek'; id: number; from: number; back: boolean }
  /** Which row shows a line; the nearest one if the line is left out. */
  | { type: 'locate'; id: number; line: number }
  | { type: 'copy'; id: number; from: number; to: number; clean: boolean }

/** Line counts from 1 within all that is open, filtered or not. */
export type Row = { line: number; text: string; cut: number; level: number; rank: number; hit: boolean }

export type Phase = 'loading' | 'following' | 'dropped' | 'ended' | 'failed'

export type State = {
  phase: Phase
  error?: string
  bytes: number
  lines: number
  rows: number
  stamps: boolean
  ranks: { rank: number; lines: number }[]
  hits: number
  searching: boolean
  badQuery?: string
  truncated: boolean
  /** How many of the rows of each part of the log were found, and how many are errors. */
  map: { hits: number[]; errors: number[] }
}

export type FromWorker =
  | { type: 'state'; state: State }
  | { type: 'rows'; from: number; rows: Row[] }
  | { type: 'sought'; id: number; row: number; index: number }
  | { type: 'located'; id: number; row: number }
  | { type: 'copied'; id: number; text: string }
