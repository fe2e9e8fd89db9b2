import { queryOptions } from '@tanstack/react-query'
import { del, get, list, post, put, type WorkspaceRef, workspacePath } from '../http.ts'
import { keys } from '../keys.ts'
import type { Access, LocationInfo, Principal, Profile, Session, TokenInfo } from '../types.ts'

/** Who is signed in, and in which workspaces. */
export const session = () =>
  queryOptions({
    queryKey: keys.session(),
    queryFn: ({ signal }) => get<Session>('/session', { signal }),
    staleTime: 60_000,
  })

/** The workspace that an address names, if the caller has it. Names are compared in lower case. */
export const workspaceOf = (s: Session, name: string): WorkspaceRef | undefined =>
  s.workspaces?.find((w) => w.name.toLowerCase() === name.toLowerCase())

/** What the caller may do in the workspace. */
export const access = (ws: WorkspaceRef) =>
  queryOptions({
    queryKey: keys.access(),
    queryFn: ({ signal }) => get<Access>(`${workspacePath(ws)}/access`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const locations = (ws: WorkspaceRef) =>
  queryOptions({
    queryKey: keys.locations(),
    queryFn: ({ signal }) =>
      get<{ value: LocationInfo[] }>(`${workspacePath(ws)}/locations`, { signal }).then((l) => l.value),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Who may use the workspace. */
export const principals = (ws: WorkspaceRef) =>
  queryOptions({
    queryKey: keys.principals(),
    queryFn: ({ signal }) => list<Principal>(`${workspacePath(ws)}/principals`, { signal }).then((l) => l.items),
    staleTime: 60_000,
  })

export const profile = () =>
  queryOptions({
    queryKey: keys.profile(),
    queryFn: ({ signal }) => get<Profile>('/me/profile', { signal }),
    staleTime: 60_000,
  })

/** What is left out stays. */
export const saveProfile = (change: Partial<Profile>): Promise<Profile> => put<Profile>('/me/profile', { body: change })

export const tokens = () =>
  queryOptions({
    queryKey: keys.tokens(),
    queryFn: ({ signal }) => get<{ value: TokenInfo[] }>('/me/tokens', { signal }).then((l) => l.value),
  })

export type Credentials = { code: string } | { user: string; password: string } | { token: string }

export const signIn = (c: Credentials): Promise<void> => post('/signin', { body: c })
export const signOut = (): Promise<void> => post('/signout', { body: {} })

export const createToken = (
  name: string,
  days: number,
): Promise<{ id: string; name: string; expiresAt: string; token: string }> =>
  post('/me/tokens', { body: { name, days } })
export const revokeToken = (id: string): Promise<void> => del(`/me/tokens/${encodeURIComponent(id)}`)
export const setPassword = (fresh: string, old?: string): Promise<void> =>
  put('/me/password', { body: { old, new: fresh } })
