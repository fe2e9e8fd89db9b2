import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { FieldValues, UseFormReturn } from 'react-hook-form'
import { sizes } from '~/api/queries/compute.ts'
import { type Processor, sizeToFill } from '~/modules/sizes.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { useFreeName } from './useFreeName.ts'

export type Machine = { name: string; size: string; location: string; processor: Processor }

/** Fills in what the user need not say: a size that can be had, and a free name near the stem. Returns that name, and what a node costs. */
export function useMachineDefaults<T extends FieldValues & Machine>(
  all: UseFormReturn<T>,
  v: Machine,
  priority: string,
  stem: string,
): { price: number | null; name: string } {
  const form = all as unknown as UseFormReturn<Machine>
  const { data } = useQuery(sizes(useWorkspace(), v.location, priority))
  const chosen = data?.find((s) => s.name === v.size)
  const fill = data && sizeToFill(data, v.size, v.processor)
  useEffect(() => {
    if (fill !== undefined) form.setValue('size', fill)
  }, [fill, form])

  const free = useFreeName(stem)
  const offered = useRef('')
  const { name } = v
  useEffect(() => {
    if (!free) return
    // A name of the user's own stays, and so does a field that they emptied.
    if (name === offered.current && name !== free) form.setValue('name', free)
    offered.current = free
  }, [free, name, form])
  return { price: chosen?.pricePerHour ?? null, name: free ?? '' }
}
