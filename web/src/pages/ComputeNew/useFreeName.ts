import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { checkName, computes } from '~/api/queries/compute.ts'
import { brokenRules, freeName, type NameLimits } from '~/modules/computeName.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

const tries = 8

/** A name that the server says is free; undefined until it is known. */
export function useFreeName(stem: string, limits?: NameLimits): string | undefined {
  const ws = useWorkspace()
  const client = useQueryClient()
  const [name, setName] = useState<{ stem: string; name: string }>()
  useEffect(() => {
    let wanted = true
    const look = async () => {
      const all = await client.ensureQueryData(computes(ws)).catch(() => [])
      const taken = new Set(all.map((c) => c.name.toLowerCase()))
      let candidate = ''
      for (let i = 0; i < tries; i++) {
        candidate = freeName(stem, (n) => taken.has(n.toLowerCase()), limits)
        // Names are unique in the location, and other workspaces are not seen here.
        const answer = await checkName(ws, candidate, 'Microsoft.MachineLearningServices/workspaces/computes').catch(
          () => undefined,
        )
        if (answer?.reason !== 'AlreadyExists') break
        taken.add(candidate.toLowerCase())
      }
      if (wanted) setName({ stem, name: brokenRules(candidate, limits).length === 0 ? candidate : stem })
    }
    void look()
    return () => {
      wanted = false
    }
  }, [stem, limits, ws, client])
  return name?.stem === stem ? name.name : undefined
}
