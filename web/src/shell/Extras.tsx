import type { WorkspaceRef } from '~/api/http.ts'

/** What floats above every page: the command palette and its shortcuts. */
export function Extras(_: { ws: WorkspaceRef }) {
  return null
}
