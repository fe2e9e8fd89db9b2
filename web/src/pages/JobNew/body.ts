/** What is sent for a job in the schema. */
import { put, type WorkspaceRef, workspacePath } from '~/api/http.ts'
import { isoDuration } from '~/modules/specs/numbers.ts'
import { inputModes, isMapping, type JobTree, type Mapping, outputModes } from './tree.ts'

export type JobDocument = { name: string; body: { properties: Mapping } }

const id = (ws: WorkspaceRef, kind: string, ref: string): string => {
  const rest = ref.replace(/^azureml:(?!\/\/)/, '')
  if (rest.startsWith('/')) return rest
  const at = rest.lastIndexOf(':')
  return at < 0
    ? `${workspacePath(ws)}/${kind}/${rest}`
    : `${workspacePath(ws)}/${kind}/${rest.slice(0, at)}/versions/${rest.slice(at + 1)}`
}

const strings = (v: unknown): Mapping =>
  Object.fromEntries(Object.entries(isMapping(v) ? v : {}).map(([k, x]) => [k, x === null ? '' : String(x)]))

const of = <T extends object>(modes: T, mode: unknown): string | undefined =>
  mode === undefined ? undefined : ((modes as Record<string, string>)[String(mode)] ?? String(mode))

/** Words of the schema as the wire has them. */
const distributions: Record<string, string> = { pytorch: 'PyTorch', mpi: 'Mpi', tensorflow: 'TensorFlow', ray: 'Ray' }
export const identities: Record<string, string> = {
  managed: 'Managed',
  aml_token: 'AMLToken',
  user_identity: 'UserIdentity',
}

/** The body of the job; an environment that is described in place has its id already. */
export function documentOf(ws: WorkspaceRef, tree: JobTree, name: string, environmentId?: string): JobDocument {
  const resources = isMapping(tree.resources) ? tree.resources : {}
  const limits = isMapping(tree.limits) ? tree.limits : {}
  const distribution = isMapping(tree.distribution) ? tree.distribution : undefined
  const queue = isMapping(tree.queue_settings) ? tree.queue_settings : undefined
  const environment =
    environmentId ?? (typeof tree.environment === 'string' ? id(ws, 'environments', tree.environment) : undefined)
  const properties: Mapping = {
    jobType: 'Command',
    displayName: tree.display_name ?? name,
    experimentName: tree.experiment_name ?? 'Default',
    description: tree.description,
    computeId: typeof tree.compute === 'string' ? id(ws, 'computes', tree.compute) : undefined,
    command: tree.command,
    codeId: typeof tree.code === 'string' ? id(ws, 'codes', tree.code) : undefined,
    environmentId: environment,
    environmentVariables: strings(tree.environment_variables),
    inputs: inputsOf(tree.inputs),
    outputs: outputsOf(tree.outputs),
    resources: {
      instanceCount: resources.instance_count ?? 1,
      maxInstanceCount: resources.max_instance_count,
      instanceType: resources.instance_type,
      shmSize: resources.shm_size,
      ...(Array.isArray(resources.docker_args)
        ? { dockerArgsList: resources.docker_args }
        : { dockerArgs: resources.docker_args }),
      properties: resources.properties,
    },
    distribution: distribution && {
      distributionType: distributions[String(distribution.type).toLowerCase()] ?? String(distribution.type),
      processCountPerInstance: distribution.process_count_per_instance,
      workerCount: distribution.worker_count,
      parameterServerCount: distribution.parameter_server_count,
    },
    limits:
      limits.timeout === undefined
        ? undefined
        : { jobLimitsType: 'Command', timeout: isoDuration(Number(limits.timeout)) },
    queueSettings: queue && {
      jobTier: queue.job_tier,
      priority: queue.priority === undefined ? undefined : String(queue.priority),
    },
    tags: strings(tree.tags),
    properties: strings(tree.properties),
    parentJobName: tree.parent_job_name,
    services: servicesOf(tree.services),
    identity: isMapping(tree.identity) ? identityOf(tree.identity) : undefined,
    isArchived: false,
  }
  return { name, body: { properties: JSON.parse(JSON.stringify(properties)) as Mapping } }
}

function inputsOf(v: unknown): Mapping {
  const found: Mapping = {}
  for (const [name, input] of Object.entries(isMapping(v) ? v : {})) {
    if (!isMapping(input)) found[name] = { jobInputType: 'literal', value: String(input ?? '') }
    else if (input.path === undefined) {
      found[name] = { jobInputType: 'literal', value: String(input.value ?? input.default ?? '') }
    } else {
      found[name] = {
        jobInputType: input.type ?? 'uri_folder',
        uri: input.path,
        mode: of(inputModes, input.mode),
      }
    }
  }
  return found
}

function outputsOf(v: unknown): Mapping {
  const found: Mapping = {}
  for (const [name, output] of Object.entries(isMapping(v) ? v : {})) {
    const o = isMapping(output) ? output : {}
    found[name] = {
      jobOutputType: o.type ?? 'uri_folder',
      uri: o.path,
      mode: of(outputModes, o.mode),
      assetName: o.name,
    }
  }
  return found
}

const identityOf = (identity: Mapping): Mapping => ({
  identityType: identities[String(identity.type)] ?? String(identity.type),
  clientId: identity.client_id,
  objectId: identity.object_id,
  resourceId: identity.msi_resource_id,
})

/** Words of the schema as the wire has them; they may be written without the dash. */
export const serviceKinds: Record<string, string> = {
  ssh: 'SSH',
  jupyter_lab: 'JupyterLab',
  vs_code: 'VSCode',
  tensor_board: 'TensorBoard',
}

function servicesOf(v: unknown): Mapping | undefined {
  if (!isMapping(v)) return undefined
  const found: Mapping = {}
  for (const [name, service] of Object.entries(v)) {
    if (!isMapping(service)) continue
    const word = String(service.type ?? '')
      .replaceAll('_', '')
      .toLowerCase()
    found[name] = {
      jobServiceType: Object.values(serviceKinds).find((k) => k.toLowerCase() === word) ?? service.type,
      port: service.port,
      properties: {
        ...(isMapping(service.properties) ? service.properties : {}),
        sshPublicKeys: service.ssh_public_keys,
        logDir: service.log_dir,
      },
      nodes: service.nodes === 'all' ? { nodesValueType: 'All' } : undefined,
    }
  }
  return found
}

/** Makes the environment that a job describes in place, as Azure's clients do: under the hash of what is in it. */
export async function putEnvironment(
  ws: WorkspaceRef,
  environment: Mapping,
  stringify: (v: unknown) => string,
): Promise<string> {
  const { image, conda_file: conda, name, version, tags } = environment
  const condaFile = conda === undefined ? '' : typeof conda === 'string' ? conda : stringify(conda)
  const bytes = new TextEncoder().encode(`${image ?? ''}\0${condaFile}\0`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hash = [...digest].map((b) => b.toString(16).padStart(2, '0')).join('')
  const path = `${workspacePath(ws)}/environments/${encodeURIComponent(String(name ?? 'CliV2AnonymousEnvironment'))}/versions/${encodeURIComponent(String(version ?? hash))}`
  await put(path, {
    body: { properties: { isAnonymous: name === undefined, image, condaFile: condaFile || undefined, tags } },
  })
  return path
}
