export type IdentityValues = { kind: 'none' | 'system' | 'user'; ids: string }

export type IdentityDocument = { type: string; userAssignedIdentities?: Record<string, Record<string, never>> }

/** The ARM ids of a text that has one in each line. */
export const identityIds = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((s) => s.trim())
    .filter(Boolean)

export function identityDocument({ kind, ids }: IdentityValues): IdentityDocument | undefined {
  if (kind === 'system') return { type: 'SystemAssigned' }
  if (kind === 'user')
    return {
      type: 'UserAssigned',
      userAssignedIdentities: Object.fromEntries(identityIds(ids).map((id) => [id, {}])),
    }
  return undefined
}

export function identityValues(
  identity: { type: string; userAssignedIdentities?: object } | null | undefined,
): IdentityValues {
  if (identity?.type === 'SystemAssigned') return { kind: 'system', ids: '' }
  if (identity?.type === 'UserAssigned')
    return { kind: 'user', ids: Object.keys(identity.userAssignedIdentities ?? {}).join('\n') }
  return { kind: 'none', ids: '' }
}

/** Ids that are not those of a user-assigned identity. */
export const strangeIds = (text: string): string[] =>
  identityIds(text).filter(
    (id) =>
      !/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i.test(
        id,
      ),
  )
