/** Command lines of `atelier` that make the document. */
import type { Place, SafeDocument } from './document.ts'
import { secretOf } from './document.ts'
import { fromIso } from './numbers.ts'
import { command, quote, withInput, workspaceFlags } from './shell.ts'
import { type ClusterBody, descriptionOf, identityOf, innerOf, kindOf } from './wire.ts'
import { file } from './yaml.ts'

export function commandLine(place: Place, document: SafeDocument): string {
  if (kindOf(document) === 'AmlCompute') return createCluster(place, document)
  const line = command(['atelier compute apply', quote(document.name), ...workspaceFlags(place), '-f', '-'])
  return withInput(line, JSON.stringify(document.body, null, 2), document.hasSecrets)
}

function createCluster(place: Place, document: SafeDocument): string {
  const cl = innerOf<ClusterBody>(document)
  const user = cl.userAccountCredentials
  if (user?.adminUserPassword && secretOf(user.adminUserPassword)) {
    // No flag takes a password: it would be seen in the list of processes.
    const line = command(['atelier compute create cluster', ...workspaceFlags(place), '-f', '-'])
    return withInput(line, file(document, false), true)
  }
  const words = ['atelier compute create cluster', quote(document.name)]
  const flag = (name: string, value: string | number | undefined) => {
    if (value !== undefined && value !== '') words.push(`--${name} ${quote(String(value))}`)
  }
  flag('location', document.body.location)
  flag('size', cl.vmSize)
  if (cl.vmPriority === 'LowPriority') flag('priority', 'low')
  flag('min', cl.scaleSettings.minNodeCount)
  flag('max', cl.scaleSettings.maxNodeCount)
  flag('idle', `${fromIso(cl.scaleSettings.nodeIdleTimeBeforeScaleDown) ?? 0}s`)
  words.push(`--public-ssh=${cl.remoteLoginPortPublicAccess === 'Enabled'}`)
  flag('admin-username', user?.adminUserName)
  flag('ssh-key', user?.adminUserSshPublicKey)
  flag('subnet', cl.subnet?.id)
  const identity = identityOf(document)
  if (identity?.type === 'SystemAssigned') flag('identity', 'system')
  for (const id of Object.keys(identity?.userAssignedIdentities ?? {})) flag('identity', id)
  flag('description', descriptionOf(document))
  for (const [key, value] of Object.entries(document.body.tags ?? {})) flag('tag', `${key}=${value}`)
  return command([...words, ...workspaceFlags(place)])
}
