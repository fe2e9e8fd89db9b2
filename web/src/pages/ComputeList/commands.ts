import type { WorkspaceRef } from '~/api/http.ts'
import type { ComputeTab } from '~/modules/computeKinds.ts'
import { command, withInput, workspaceFlags } from '~/modules/specs/shell.ts'

const provider = (ws: WorkspaceRef) => `/subscriptions/${ws.subscription}/resourceGroups/${ws.resourceGroup}/providers`

type Example = { name: string; type: string; resourceId?: string; properties: Record<string, unknown> }

function exampleOf(ws: WorkspaceRef, tab: Exclude<ComputeTab, 'clusters'>): Example {
  switch (tab) {
    case 'instances':
      return { name: 'ci-one', type: 'ComputeInstance', properties: { vmSize: sizeIn(ws) } }
    case 'inference':
      return { name: 'aks-one', type: 'AKS', properties: { agentCount: 3, agentVmSize: 'Standard_DS3_v2' } }
    case 'attached':
      return {
        name: 'gpu-box',
        type: 'VirtualMachine',
        properties: { address: '10.0.9.12', administratorAccount: { username: 'ubuntu', password: 'PASSWORD' } },
      }
    case 'kubernetes':
      return {
        name: 'k8s-one',
        type: 'Kubernetes',
        resourceId: `${provider(ws)}/Microsoft.ContainerService/managedClusters/k8s-one`,
        properties: { namespace: 'default' },
      }
  }
}

/** A size that the workspace's own location has. */
const sizeIn = (ws: WorkspaceRef): string => (ws.location === 'local' ? 'Local' : 'Standard_DS3_v2')

/** The command line that makes a first compute of a tab. */
export function createCommand(ws: WorkspaceRef, tab: ComputeTab): string {
  const flags = workspaceFlags({ ws })
  if (tab === 'clusters') {
    return command(['atelier compute create cluster cpu', '--min 0', '--max 4', ...flags])
  }
  const { name, type, ...inner } = exampleOf(ws, tab)
  const document = JSON.stringify({ location: ws.location, properties: { computeType: type, ...inner } })
  return withInput(command(['atelier compute apply', name, ...flags, '-f', '-']), document, false)
}

/** The command line that lists what the page lists. */
export const listCommand = (ws: WorkspaceRef): string =>
  command(['atelier compute list', '-o wide', ...workspaceFlags({ ws })])
