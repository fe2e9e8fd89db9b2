import { useQueries, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { prices } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import { type Compute, clusterOf, instanceOf, type SizeInfo } from '~/api/types.ts'
import { isOn, locationOf } from './computeKinds.ts'
import { useWorkspace } from './workspace.tsx'

/** What a compute costs an hour as it is now; 'own' on machines that nobody bills; undefined where no price is known. */
export type Price = number | 'own' | undefined
export type Prices = { of(c: Compute): Price; size(c: Compute): SizeInfo | undefined }

const sizeOf = (c: Compute): string => clusterOf(c)?.vmSize ?? instanceOf(c)?.vmSize ?? ''
const placeOf = (c: Compute): string => locationOf(c).toLowerCase()

/** The price of what a compute has now: nodes that are there, an instance that runs. */
export function priceOf(c: Compute, perHour: number | null | undefined, own: boolean): Price {
  const cluster = clusterOf(c)
  if (!cluster && !instanceOf(c)) return undefined
  if (own) return 'own'
  const machines = cluster ? (cluster.currentNodeCount ?? 0) : isOn(c) ? 1 : 0
  if (machines === 0) return 0
  if (cluster?.vmPriority === 'LowPriority' || typeof perHour !== 'number') return undefined
  return machines * perHour
}

/** Prices of computes, from the sizes of the locations that they are in. */
export function usePrices(computes: Compute[] | undefined): Prices {
  const ws = useWorkspace()
  const { data: places } = useQuery(locations(ws))
  const known = useMemo(() => new Map((places ?? []).map((p) => [p.name.toLowerCase(), p])), [places])
  const used = useMemo(() => {
    const all = (computes ?? []).filter((c) => sizeOf(c)).map(placeOf)
    return [...new Set(all)].filter((p) => known.has(p)).sort()
  }, [computes, known])
  const found = useQueries({
    queries: used.map((p) => prices(ws, known.get(p)?.name ?? p)),
    combine: (results) => results.map((r) => r.data),
  })
  return useMemo(() => {
    const bySize = new Map<string, SizeInfo>()
    for (const [i, place] of used.entries()) {
      for (const s of found[i] ?? []) bySize.set(`${place}/${s.name.toLowerCase()}`, s)
    }
    const size = (c: Compute) => bySize.get(`${placeOf(c)}/${sizeOf(c).toLowerCase()}`)
    return { size, of: (c) => priceOf(c, size(c)?.pricePerHour, known.get(placeOf(c))?.kind === 'local') }
  }, [used, found, known])
}

/** What all of them cost an hour, of those whose price is known. */
export const totalOf = (prices: Price[]): number =>
  prices.reduce((sum: number, p) => sum + (typeof p === 'number' ? p : 0), 0)
