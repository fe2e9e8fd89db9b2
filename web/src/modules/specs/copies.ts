/** The same document as a command line, a request, code and a file. */
import { commandLine } from './cli.ts'
import { type ComputeDocument, type Place, withoutSecrets } from './document.ts'
import { request } from './rest.ts'
import { code } from './sdk.ts'
import { file } from './yaml.ts'

export const copyForms = ['cli', 'rest', 'sdk', 'yaml'] as const
export type CopyForm = (typeof copyForms)[number]

export type Copies = Record<CopyForm, string> & {
  /** Shell variables that hold what is secret. */
  variables: string[]
}

export function copies(place: Place, document: ComputeDocument): Copies {
  const { body, variables } = withoutSecrets(document.body)
  const safe = { name: document.name, body, hasSecrets: variables.length > 0 }
  return {
    cli: commandLine(place, safe),
    rest: request(place, safe),
    sdk: code(place, safe),
    yaml: file(safe),
    variables,
  }
}
