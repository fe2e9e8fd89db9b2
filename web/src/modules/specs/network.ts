import type { WorkspaceRef } from '~/api/http.ts'

export type NetworkValues = { resourceGroup: string; network: string; subnet: string }

/** The ARM id of the subnet that the fields name, or ''. */
export function subnetOf({ resourceGroup, network, subnet }: NetworkValues, ws: WorkspaceRef): string {
  if (subnet.trim().startsWith('/')) return subnet.trim()
  if (network.trim() === '' || subnet.trim() === '') return ''
  const group = resourceGroup.trim() || ws.resourceGroup
  return `/subscriptions/${ws.subscription}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/${network.trim()}/subnets/${subnet.trim()}`
}

/** The fields for an ARM id; one of another form goes into the last field as it is. */
export function networkValues(id: string | null | undefined): NetworkValues {
  const m = /\/resourceGroups\/([^/]+)\/.*\/virtualNetworks\/([^/]+)\/subnets\/([^/]+)$/i.exec(id ?? '')
  if (!m) return { resourceGroup: '', network: '', subnet: id ?? '' }
  return { resourceGroup: m[1] ?? '', network: m[2] ?? '', subnet: m[3] ?? '' }
}

/** Which field is missing while others are there; undefined if nothing is. */
export function networkGap({ network, subnet }: NetworkValues): 'network' | 'subnet' | undefined {
  if (subnet.trim().startsWith('/')) return undefined
  if (subnet.trim() !== '' && network.trim() === '') return 'network'
  return network.trim() !== '' && subnet.trim() === '' ? 'subnet' : undefined
}
