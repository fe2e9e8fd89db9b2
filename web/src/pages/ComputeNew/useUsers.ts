import { useQuery } from '@tanstack/react-query'
import { principals } from '~/api/queries/session.ts'
import type { Choice } from '~/modules/FormFields.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

/** Users of the workspace, as the form holds them: "objectId tenantId". Who may not see them has none. */
export function useUsers(): Choice[] {
  const { data } = useQuery(principals(useWorkspace()))
  const users = data?.filter((p) => p.properties.kind === 'user') ?? []
  return users.map(({ name, properties: { displayName, principalId, tenantId } }) => ({
    value: `${principalId} ${tenantId}`,
    label: displayName && displayName !== name ? `${displayName} (${name})` : name,
  }))
}
