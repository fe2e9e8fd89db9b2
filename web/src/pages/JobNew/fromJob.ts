/** A job as the server has it, in the schema: to submit the like of it. */
import type { Job } from '~/api/types.ts'
import { nameOfId } from '~/modules/computeKinds.ts'
import { fromIso } from '~/modules/specs/numbers.ts'
import { inputModes, type JobTree, type Mapping, outputModes } from './tree.ts'

const asset = (id: string | null | undefined): string | undefined => {
  const m = /\/([^/]+)\/versions\/([^/]+)$/.exec(id ?? '')
  return m ? `azureml:${m[1]}:${m[2]}` : id || undefined
}

const wordOf = (modes: Record<string, string>, mode: string | null | undefined): string | undefined =>
  Object.entries(modes).find(([, wire]) => wire === mode)?.[0]

const some = (m: Mapping): Mapping | undefined => (Object.keys(m).length > 0 ? m : undefined)

/** What the server adds by itself, and what belongs to the one job only. */
const ours = ['_azureml.ComputeTargetType', 'atelier.priority']

export function treeOfJob(job: Job): JobTree {
  const p = job.properties
  const properties = Object.fromEntries(Object.entries(p.properties ?? {}).filter(([k]) => !ours.includes(k)))
  const { distributionType, processCountPerInstance } = p.distribution ?? {}
  const timeout = p.limits?.timeout ? fromIso(p.limits.timeout) : undefined
  const instances = p.resources?.instanceCount ?? 1
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
    outputs[name] = { type: o.jobOutputType, ...(o.mode ? { mode: wordOf(outputModes, o.mode) ?? o.mode } : {}) }
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
    resources: instances === 1 ? undefined : { instance_count: instances },
    distribution: distributionType
      ? {
          type: distributionType.toLowerCase(),
          ...(processCountPerInstance ? { process_count_per_instance: processCountPerInstance } : {}),
        }
      : undefined,
    limits: timeout === undefined ? undefined : { timeout },
    queue_settings: p.priority ? { priority: p.priority } : undefined,
    tags: some(p.tags ?? {}),
    properties: some(properties),
  }
}
