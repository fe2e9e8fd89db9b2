/** A job as the server has it, in the schema: to submit the like of it. */
import type { Job } from '~/api/types.ts'
import { nameOfId } from '~/modules/computeKinds.ts'
import { fromIso } from '~/modules/specs/numbers.ts'
import { identities, serviceKinds } from './body.ts'
import { inputModes, isMapping, type JobTree, type Mapping, outputModes } from './tree.ts'

const asset = (id: string | null | undefined): string | undefined => {
  const m = /\/([^/]+)\/versions\/([^/]+)$/.exec(id ?? '')
  return m ? `azureml:${m[1]}:${m[2]}` : id || undefined
}

const wordOf = (modes: Record<string, string>, mode: string | null | undefined): string | undefined =>
  Object.entries(modes).find(([, wire]) => wire === mode)?.[0]

const some = (m: Mapping): Mapping | undefined => (Object.keys(m).length > 0 ? m : undefined)
const mapping = (v: unknown): Mapping => (isMapping(v) ? v : {})

/** What is there of a mapping, if anything is. */
const present = (m: Mapping): Mapping | undefined =>
  some(Object.fromEntries(Object.entries(m).filter(([, v]) => v !== undefined && v !== null && v !== '')))

/** What the server adds by itself, and what belongs to the one job only. */
const ours = ['_azureml.ComputeTargetType', 'atelier.priority']
const oursToo = ['Tracking', 'Studio']
const usualMemory = '2g'

export function treeOfJob(job: Job): JobTree {
  const p = job.properties
  const properties = Object.fromEntries(Object.entries(p.properties ?? {}).filter(([k]) => !ours.includes(k)))
  const { distributionType, processCountPerInstance } = p.distribution ?? {}
  const timeout = p.limits?.timeout ? fromIso(p.limits.timeout) : undefined
  const inputs: Mapping = {}
  for (const [name, i] of Object.entries(p.inputs ?? {})) {
    inputs[name] =
      i.jobInputType === 'literal'
        ? (i.value ?? '')
        : {
            type: i.jobInputType,
            path: i.uri ?? '',
            ...(i.mode ? { mode: wordOf(inputModes, i.mode) ?? i.mode } : {}),
          }
  }
  const outputs: Mapping = {}
  for (const [name, o] of Object.entries(p.outputs ?? {})) {
    if (name === 'default' && o.uri?.endsWith(`/dcid.${job.name}`)) continue
    outputs[name] = {
      type: o.jobOutputType,
      ...present({ path: o.uri, mode: wordOf(outputModes, o.mode) ?? o.mode, name: o.assetName }),
    }
  }
  return {
    type: 'command',
    display_name: p.displayName === job.name ? undefined : p.displayName,
    experiment_name: p.experimentName === 'Default' ? undefined : p.experimentName,
    description: p.description ?? undefined,
    compute: `azureml:${nameOfId(p.computeId)}`,
    command: p.command,
    code: asset(p.codeId),
    environment: asset(p.environmentId),
    environment_variables: some(p.environmentVariables ?? {}),
    inputs: some(inputs),
    outputs: some(outputs),
    resources: resourcesOf(mapping(p.resources)),
    distribution: distributionType
      ? {
          type: distributionType.toLowerCase(),
          ...(processCountPerInstance ? { process_count_per_instance: processCountPerInstance } : {}),
        }
      : undefined,
    limits: timeout === undefined ? undefined : { timeout },
    queue_settings: present({ job_tier: mapping(p.queueSettings).jobTier, priority: p.priority || undefined }),
    services: servicesOf(p.services ?? {}),
    identity: identityOf(mapping(p.identity)),
    tags: some(p.tags ?? {}),
    properties: some(properties),
  }
}

const resourcesOf = (r: Mapping): Mapping | undefined =>
  present({
    instance_count: r.instanceCount === 1 ? undefined : r.instanceCount,
    instance_type: r.instanceType,
    shm_size: r.shmSize === usualMemory ? undefined : r.shmSize,
    docker_args: r.dockerArgs,
    properties: r.properties,
  })

const identityOf = (i: Mapping): Mapping | undefined =>
  present({
    type: wordOf(identities, i.identityType as string) ?? i.identityType,
    client_id: i.clientId,
    object_id: i.objectId,
    msi_resource_id: i.resourceId,
  })

function servicesOf(services: Mapping): Mapping | undefined {
  const found: Mapping = {}
  for (const [name, service] of Object.entries(services)) {
    if (oursToo.includes(name)) continue
    const s = mapping(service)
    const { sshPublicKeys, logDir, ...properties } = mapping(s.properties)
    found[name] = present({
      type: wordOf(serviceKinds, s.jobServiceType as string) ?? s.jobServiceType,
      port: s.port,
      ssh_public_keys: sshPublicKeys,
      log_dir: logDir,
      properties: present(properties),
      nodes: mapping(s.nodes).nodesValueType === 'All' ? 'all' : undefined,
    })
  }
  return some(found)
}
