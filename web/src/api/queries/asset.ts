import { queryOptions } from '@tanstack/react-query'
import { address, get, list, type WorkspaceRef, workspacePath } from '../http.ts'
import { keys } from '../keys.ts'
import type { OutputFile } from '../types.ts'

export type AssetKind = 'codes' | 'environments' | 'data'

/** The name of environments or data, with its newest version. */
export type AssetContainer = {
  name: string
  properties: { description?: string | null; latestVersion?: string | null; isArchived?: boolean }
}

export type AssetVersion = {
  id: string
  name: string
  systemData: { createdAt: string; createdBy: string } | null
  properties: {
    description?: string | null
    tags?: Record<string, string> | null
    codeUri?: string
    dataUri?: string
    dataType?: string
    condaFile?: string | null
    image?: string | null
  }
}

const versionPath = (ws: WorkspaceRef, kind: AssetKind, name: string, version: string): string =>
  `${workspacePath(ws)}/${kind}/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`

/** What there is of a kind, by name. */
export const assets = (ws: WorkspaceRef, kind: AssetKind) =>
  queryOptions({
    queryKey: keys.asset(kind),
    queryFn: ({ signal }) =>
      list<AssetContainer>(`${workspacePath(ws)}/${kind}`, { query: { $top: 200 }, most: 1000, signal }).then(
        (l) => l.items,
      ),
  })

export const assetVersion = (ws: WorkspaceRef, kind: AssetKind, name: string, version: string) =>
  queryOptions({
    queryKey: keys.asset(kind, name, version),
    queryFn: ({ signal }) => get<AssetVersion>(versionPath(ws, kind, name, version), { signal }),
  })

/** The files of a version of code. */
export const codeFiles = (ws: WorkspaceRef, name: string, version: string) =>
  queryOptions({
    queryKey: keys.asset('codes', name, version, 'files'),
    queryFn: ({ signal }) =>
      list<OutputFile>(`${versionPath(ws, 'codes', name, version)}/files`, {
        query: { $top: 500 },
        most: 5000,
        signal,
      }),
  })

export const codeAddress = (ws: WorkspaceRef, name: string, version: string, path: string): string =>
  address(`${versionPath(ws, 'codes', name, version)}/files/${path.split('/').map(encodeURIComponent).join('/')}`)
