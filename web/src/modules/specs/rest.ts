import { apiVersion, workspacePath } from '~/api/http.ts'
import type { Place, SafeDocument } from './document.ts'
import { withInput } from './shell.ts'

/** The request as curl sends it. The token is made in the settings; `atelier env` says which certificate to trust. */
export function request(place: Place, document: SafeDocument): string {
  const path = `${workspacePath(place.ws)}/computes/${document.name}`
  const line = [
    `curl -sS --fail-with-body -X PUT "${place.origin}${path}?api-version=${apiVersion}" \\`,
    '  -H "Authorization: Bearer $ATELIER_TOKEN" -H "Content-Type: application/json" \\',
    '  --data-binary @-',
  ].join('\n')
  return withInput(line, JSON.stringify(document.body, null, 2), document.hasSecrets)
}
