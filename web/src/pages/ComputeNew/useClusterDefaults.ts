import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { sizes } from '~/api/queries/compute.ts'
import { canChoose, firstSize, processorOf } from '~/modules/sizes.ts'
import type { ClusterValues } from '~/modules/specs/cluster.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { useFreeName } from './useFreeName.ts'

/** Fills in what the user need not say: a size that can be had, and a name that is free. Returns what a node costs. */
export function useClusterDefaults(
  form: UseFormReturn<ClusterValues>,
  v: ClusterValues,
  from: string | undefined,
): number | null {
  const { data } = useQuery(sizes(useWorkspace(), v.location, v.priority))
  const chosen = data?.find((s) => s.name === v.size)
  const fits = chosen && processorOf(chosen) === v.processor && canChoose(chosen)
  useEffect(() => {
    if (data && !fits) form.setValue('size', firstSize(data, v.processor))
  }, [data, fits, v.processor, form])

  const stem = from ?? (v.processor === 'GPU' ? 'gpu-cluster' : 'cpu-cluster')
  const free = useFreeName(stem)
  const offered = useRef('')
  const { name } = v
  useEffect(() => {
    // A name of the user's own stays, and so does a field that they emptied.
    const empty = name === '' && !form.getFieldState('name').isDirty
    if (free && name !== free && (empty || name === offered.current)) form.setValue('name', free)
    if (free) offered.current = free
  }, [free, name, form])
  return chosen?.pricePerHour ?? null
}
