/** What the form of an inference cluster holds, which rules it keeps, and the object that it posts. */
import type { WorkspaceRef } from '~/api/http.ts'
import type { ComputeBody } from '~/api/queries/compute.ts'
import type { Compute } from '~/api/types.ts'
import { brokenRules, inferenceNames } from '~/modules/computeName.ts'
import { networkValues, subnetOf } from '~/modules/specs/network.ts'
import { parseWhole } from '~/modules/specs/numbers.ts'
import { keyText } from '~/modules/sshCredentials.ts'
import { inside, overlap, parseAddress, parseRange } from './addresses.ts'
import type { Problems, Said } from './problems.ts'
import { managedClusters, resourceProblem } from './resourceIds.ts'

export type Purpose = 'FastProd' | 'DevTest'

export type InferenceValues = {
  name: string
  service: 'new' | 'existing'
  resourceId: string
  location: string
  size: string
  purpose: Purpose
  nodes: string
  network: 'basic' | 'advanced'
  vnetGroup: string
  vnet: string
  subnet: string
  dns: string
  cidr: string
  bridge: string
  ssl: boolean
  sslBy: 'certificate' | 'label'
  cert: string
  key: string
  cname: string
  label: string
}

export const startingNodes: Record<Purpose, number> = { FastProd: 3, DevTest: 1 }

export const emptyInference: InferenceValues = {
  name: '',
  service: 'new',
  resourceId: '',
  location: '',
  size: '',
  purpose: 'FastProd',
  nodes: String(startingNodes.FastProd),
  network: 'basic',
  vnetGroup: '',
  vnet: '',
  subnet: '',
  dns: '10.0.0.10',
  cidr: '10.0.0.0/16',
  bridge: '172.17.0.1/16',
  ssl: false,
  sslBy: 'certificate',
  cert: '',
  key: '',
  cname: '',
  label: '',
}

/** What production clusters must have, and what those for trying ought to. */
export const productionCores = 12
export const devTestCores = 2

/** How many nodes of a size make up the cores that the purpose asks for. */
export const nodesFor = (cores: number): number => Math.ceil(productionCores / cores)

const missing: Said = { id: 'infer.missing' }

/** What is wrong, by field. Cores are those of the chosen size, if they are known. */
export function inferenceProblems(v: InferenceValues, cores: number | undefined): Problems<InferenceValues> {
  const found: Problems<InferenceValues> = {}
  const rule = brokenRules(v.name, inferenceNames)[0]
  if (rule) found.name = { id: `name.rule.${rule}`, values: inferenceNames }
  if (v.service === 'existing') {
    const wrong = resourceProblem(v.resourceId, managedClusters)
    if (wrong) found.resourceId = wrong
  } else {
    Object.assign(found, machineProblems(v, cores), networkProblems(v))
  }
  return { ...found, ...sslProblems(v) }
}

function machineProblems(v: InferenceValues, cores: number | undefined): Problems<InferenceValues> {
  const found: Problems<InferenceValues> = {}
  if (!v.location) found.location = missing
  if (!v.size) found.size = { id: 'infer.missing.size' }
  const nodes = parseWhole(v.nodes)
  if (nodes === undefined || nodes < 1) found.nodes = { id: 'infer.nodes.number' }
  else if (v.purpose === 'FastProd' && cores && nodes * cores < productionCores) {
    found.nodes = { id: 'infer.nodes.few', values: { n: nodes, cores, all: nodes * cores, need: nodesFor(cores) } }
  }
  return found
}

function networkProblems(v: InferenceValues): Problems<InferenceValues> {
  const found: Problems<InferenceValues> = {}
  if (v.network === 'basic') return found
  for (const field of ['vnetGroup', 'vnet', 'subnet'] as const) if (!v[field].trim()) found[field] = missing
  const range = parseRange(v.cidr)
  const dns = parseAddress(v.dns)
  const bridge = parseRange(v.bridge)
  if (!range) found.cidr = { id: 'infer.cidr.form' }
  if (dns === undefined) found.dns = { id: 'infer.dns.form' }
  else if (range && !inside(dns, range)) found.dns = { id: 'infer.dns.outside', values: { range: v.cidr } }
  if (!bridge) found.bridge = { id: 'infer.bridge.form' }
  else if (range && overlap(bridge, range)) found.bridge = { id: 'infer.bridge.overlaps', values: { range: v.cidr } }
  return found
}

function sslProblems(v: InferenceValues): Problems<InferenceValues> {
  const found: Problems<InferenceValues> = {}
  if (!v.ssl) return found
  if (v.sslBy === 'label') {
    if (!/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(v.label.trim())) found.label = { id: 'infer.label.form' }
    return found
  }
  if (!v.cname.trim()) found.cname = missing
  if (!v.cert.trim()) found.cert = missing
  else if (!/^-----BEGIN CERTIFICATE-----/.test(v.cert.trim())) found.cert = { id: 'infer.cert.form' }
  if (!v.key.trim()) found.key = missing
  else if (!/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(v.key.trim())) found.key = { id: 'infer.key.form' }
  return found
}

/** The object that the form posts. */
export function inferenceBody(v: InferenceValues, ws: WorkspaceRef): ComputeBody {
  const inner: Record<string, unknown> = {}
  const properties: Record<string, unknown> = { computeType: 'AKS', properties: inner }
  if (v.service === 'existing') {
    properties.resourceId = v.resourceId.trim()
  } else {
    if (v.size) inner.agentVmSize = v.size
    inner.agentCount = parseWhole(v.nodes) ?? 0
    inner.clusterPurpose = v.purpose
    if (v.network === 'advanced') {
      inner.aksNetworkingConfiguration = {
        subnetId: subnetOf({ resourceGroup: v.vnetGroup, network: v.vnet, subnet: v.subnet }, ws),
        serviceCidr: v.cidr.trim(),
        dnsServiceIP: v.dns.trim(),
        dockerBridgeCidr: v.bridge.trim(),
      }
    }
  }
  if (v.ssl) inner.sslConfiguration = sslOf(v)
  return { location: v.location, properties }
}

const sslOf = (v: InferenceValues) =>
  v.sslBy === 'label'
    ? { status: 'Auto', leafDomainLabel: v.label.trim() }
    : { status: 'Enabled', cert: v.cert.trim(), key: keyText(v.key), cname: v.cname.trim() }

/** What the form holds to make another one like it, all but the name and the key; undefined of another kind. */
export function inferenceLike(c: Compute): InferenceValues | undefined {
  if (c.properties.computeType !== 'AKS') return undefined
  const inner = (c.properties.properties ?? {}) as Inner
  const { aksNetworkingConfiguration: net, sslConfiguration: ssl } = inner
  const { resourceGroup, network, subnet } = networkValues(net?.subnetId)
  const empty = emptyInference
  const status = ssl?.status?.toLowerCase()
  return {
    ...empty,
    service: c.properties.resourceId ? 'existing' : 'new',
    resourceId: c.properties.resourceId ?? '',
    location: c.properties.computeLocation || c.location,
    size: inner.agentVmSize ?? '',
    purpose: inner.clusterPurpose === 'DevTest' ? 'DevTest' : 'FastProd',
    nodes: String(inner.agentCount ?? empty.nodes),
    network: net?.subnetId ? 'advanced' : 'basic',
    vnetGroup: resourceGroup,
    vnet: network,
    subnet,
    dns: net?.dnsServiceIP || empty.dns,
    cidr: net?.serviceCidr || empty.cidr,
    bridge: net?.dockerBridgeCidr || empty.bridge,
    ssl: status === 'enabled' || status === 'auto',
    sslBy: status === 'auto' ? 'label' : 'certificate',
    cert: ssl?.cert ?? '',
    cname: ssl?.cname ?? '',
    label: ssl?.leafDomainLabel ?? '',
  }
}

/** The members that the server shows of what the form makes. */
type Inner = {
  agentCount?: number | null
  agentVmSize?: string | null
  clusterPurpose?: string | null
  sslConfiguration?: { status?: string; cert?: string; cname?: string; leafDomainLabel?: string } | null
  aksNetworkingConfiguration?: {
    subnetId?: string
    serviceCidr?: string
    dnsServiceIP?: string
    dockerBridgeCidr?: string
  } | null
}

/** Members that are kept in no draft. */
export const inferenceSecrets = ['key'] as const
