/** ARM ids of what can be attached, by the same rules as the server's. */
import type { Said } from './problems.ts'

export const managedClusters = ['Microsoft.ContainerService/managedClusters']
export const anyKubernetes = [...managedClusters, 'Microsoft.Kubernetes/connectedClusters']

/** What is wrong with an id that must name one of the types; undefined if nothing is. */
export function resourceProblem(id: string, types: readonly string[]): Said | undefined {
  const folded = id.trim().toLowerCase()
  const type = types.join(' / ')
  if (!folded) return { id: 'attach.resource.missing', values: { type } }
  if (!folded.startsWith('/subscriptions/'))
    return { id: 'attach.resource.form', values: { example: exampleId(types) } }
  const named = types.find((t) => folded.includes(`/providers/${t.toLowerCase()}/`))
  if (!named) return { id: 'attach.resource.type', values: { type } }
  return folded.split(`/providers/${named.toLowerCase()}/`)[1] ? undefined : { id: 'attach.resource.name' }
}

export const exampleId = (types: readonly string[]): string =>
  `/subscriptions/…/resourceGroups/…/providers/${types[0] ?? ''}/…`
