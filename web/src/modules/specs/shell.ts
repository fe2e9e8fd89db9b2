/** Lines for a shell. */
import { defaultWorkspace, fillSecrets, type Place } from './document.ts'

/** The word as a shell must be given it. */
export function quote(word: string): string {
  if (word !== '' && /^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/** A command of several words, broken before flags so that it can be read. */
export function command(words: string[]): string {
  let out = ''
  let line = ''
  for (const word of words) {
    if (word.startsWith('-') && line.length > 60) {
      out += `${line} \\\n`
      line = '  '
    }
    line += line.trim() === '' ? word : ` ${word}`
  }
  return out + line
}

/** The flags that say which workspace, if it is not the one that everybody has. */
export function workspaceFlags({ ws }: Pick<Place, 'ws'>): string[] {
  const flags: string[] = []
  if (ws.name !== defaultWorkspace.name) flags.push('--workspace', quote(ws.name))
  if (ws.resourceGroup !== defaultWorkspace.resourceGroup) flags.push('--resource-group', quote(ws.resourceGroup))
  if (ws.subscription !== defaultWorkspace.subscription) flags.push('--subscription', quote(ws.subscription))
  return flags
}

/** The command line that shows a compute. */
export const showCommand = (ws: Place['ws'], name: string): string =>
  command(['atelier compute show', name, ...workspaceFlags({ ws })])

/** Variables of several lines; a string of JSON has each end of a line as \n. */
const ofLines = new Set(['PRIVATE_KEY', 'SSL_KEY'])
const joined = (variable: string): string => `$(printf %s "$${variable}" | sed 's/$/\\\\n/' | tr -d '\\n')`

/** The line that puts variables into a file, and nothing else that looks like one; of several lines none can be put. */
export const fillLine = (variables: string[]): string | undefined =>
  variables.some((v) => ofLines.has(v)) ? undefined : `envsubst '${variables.map((v) => `$${v}`).join(' ')}' < file.yml`

/** A command that reads a document from its standard input. With secrets, the shell puts in its variables. */
export function withInput(line: string, document: string, hasSecrets: boolean): string {
  const text = document.endsWith('\n') ? document : `${document}\n`
  if (!hasSecrets) return `${line} <<'EOF'\n${text}EOF`
  const escaped = text.replace(/[\\$`]/g, (c) => `\\${c}`)
  return `${line} <<EOF\n${fillSecrets(escaped, (v) => (ofLines.has(v) ? joined(v) : `$${v}`))}EOF`
}
