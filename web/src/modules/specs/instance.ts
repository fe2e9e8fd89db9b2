/** What the form of an instance holds, and the document that it makes of it. */
import type { WorkspaceRef } from '~/api/http.ts'
import { type Compute, type InstanceProps, instanceOf } from '~/api/types.ts'
import { type ComputeDocument, tidy } from './document.ts'
import { type IdentityValues, identityDocument, identityValues } from './identity.ts'
import { type NetworkValues, networkValues, subnetOf } from './network.ts'
import { fromIso, parseSeconds, parseWhole } from './numbers.ts'
import { type ScheduleValues, scheduleBody, scheduleValues } from './schedule.ts'
import { type TagValue, tagsOf, tagValues } from './tags.ts'
import type { InstanceBody, ScheduleBody, ScriptBody, ServiceBody } from './wire.ts'

export type AppValues = {
  name: string
  image: string
  target: string
  published: string
  /** NAME=value, one in each line. */
  env: string
  /** /of/the/machine:/in/the/container, one in each line. */
  mounts: string
}

export type InstanceValues = {
  name: string
  location: string
  processor: 'CPU' | 'GPU'
  size: string
  idleOn: boolean
  idle: string
  schedules: ScheduleValues[]
  assign: boolean
  /** "objectId tenantId" of a user that was chosen. */
  user: string
  identity: IdentityValues
  ssh: boolean
  adminKey: string
  network: NetworkValues
  noPublicIp: boolean
  root: boolean
  scriptOn: boolean
  scriptWhen: 'creation' | 'startup'
  scriptPath: string
  scriptArguments: string
  scriptMinutes: string
  apps: AppValues[]
  tags: TagValue[]
  description: string
}

export const instanceDefaults: InstanceValues = {
  name: '',
  location: '',
  processor: 'CPU',
  size: '',
  idleOn: true,
  idle: '60',
  schedules: [],
  assign: false,
  user: '',
  identity: { kind: 'none', ids: '' },
  ssh: false,
  adminKey: '',
  network: { resourceGroup: '', network: '', subnet: '' },
  noPublicIp: false,
  root: true,
  scriptOn: false,
  scriptWhen: 'creation',
  scriptPath: '',
  scriptArguments: '',
  scriptMinutes: '15',
  apps: [],
  tags: [],
  description: '',
}

const some = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined)

export const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean)

export function instanceDocument(v: InstanceValues, ws: WorkspaceRef): ComputeDocument {
  const subnet = subnetOf(v.network, ws)
  const [objectId = '', tenantId = ''] = v.user.split(' ')
  const inner: Partial<InstanceBody> = {
    vmSize: v.size,
    sshSettings: {
      sshPublicAccess: v.ssh ? 'Enabled' : 'Disabled',
      adminPublicKey: v.ssh ? v.adminKey.trim() : undefined,
    },
    subnet: subnet ? { id: subnet } : undefined,
    enableNodePublicIp: !v.noPublicIp,
    enableRootAccess: v.root,
    idleTimeBeforeShutdown: v.idleOn ? `PT${Math.round((parseSeconds(v.idle, 'm') ?? 0) / 60)}M` : undefined,
    personalComputeInstanceSettings: v.assign ? { assignedUser: { objectId, tenantId } } : undefined,
    schedules: v.schedules.length > 0 ? { computeStartStop: v.schedules.map(scheduleBody) } : undefined,
    setupScripts: v.scriptOn ? { scripts: { [`${v.scriptWhen}Script`]: script(v) } } : undefined,
    customServices: some(v.apps.map(service)),
  }
  const body = {
    location: v.location,
    tags: tagsOf(v.tags),
    identity: identityDocument(v.identity),
    properties: {
      computeType: 'ComputeInstance',
      computeLocation: v.location,
      description: v.description.trim() || undefined,
      disableLocalAuth: !v.ssh,
      properties: inner as Record<string, unknown>,
    },
  }
  return { name: v.name.trim(), body: tidy(body) }
}

const script = (v: InstanceValues) => ({
  scriptSource: 'workspaceStorage',
  scriptData: v.scriptPath.trim(),
  scriptArguments: v.scriptArguments.trim() || undefined,
  timeout: `${parseWhole(v.scriptMinutes) ?? 0}m`,
})

function service(a: AppValues): ServiceBody {
  const variables = lines(a.env).map((l) => {
    const at = l.indexOf('=')
    return [l.slice(0, at).trim(), { type: 'local', value: l.slice(at + 1) }] as const
  })
  const volumes = lines(a.mounts).map((l) => {
    const at = l.indexOf(':')
    return { type: 'bind', source: l.slice(0, at).trim(), target: l.slice(at + 1).trim() }
  })
  return {
    name: a.name.trim(),
    image: { type: 'docker', reference: a.image.trim() },
    endpoints: [
      { protocol: 'http', name: 'connect', target: parseWhole(a.target) ?? 0, published: parseWhole(a.published) ?? 0 },
    ],
    environmentVariables: variables.length > 0 ? Object.fromEntries(variables) : undefined,
    volumes: some(volumes),
    docker: { privileged: true },
  }
}

/** What the form holds to make another instance like it. The user it is assigned to is the other one's. */
export function instanceValues(c: Compute, processor: 'CPU' | 'GPU'): InstanceValues {
  const i = instanceOf(c)
  if (!i) return instanceDefaults
  const idle = i.idleTimeBeforeShutdown ? fromIso(i.idleTimeBeforeShutdown) : undefined
  return {
    ...instanceDefaults,
    location: c.properties.computeLocation ?? c.location,
    processor,
    size: i.vmSize,
    idleOn: idle !== undefined,
    idle: idle === undefined ? instanceDefaults.idle : String(Math.round(idle / 60)),
    schedules: heldSchedules(i),
    identity: identityValues(c.identity),
    ssh: i.sshSettings?.sshPublicAccess === 'Enabled',
    adminKey: i.sshSettings?.adminPublicKey ?? '',
    network: networkValues(i.subnet?.id),
    noPublicIp: i.enableNodePublicIp === false,
    root: i.enableRootAccess !== false,
    ...scriptValues(i),
    apps: servicesOf(i).map(appValues),
    tags: tagValues(c.tags),
    description: c.properties.description ?? '',
  }
}

/** How much of another instance the form cannot hold, and leaves out. */
export function instanceLost(c: Compute): { schedules: number; scripts: number; endpoints: number } {
  const i = instanceOf(c)
  if (!i) return { schedules: 0, scripts: 0, endpoints: 0 }
  return {
    schedules: (i.schedules?.computeStartStop?.length ?? 0) - heldSchedules(i).length,
    scripts: scriptsOf(i).length - (heldScript(i) ? 1 : 0),
    endpoints: servicesOf(i).reduce((n, s) => n + Math.max(0, s.endpoints.length - 1), 0),
  }
}

const heldSchedules = (i: InstanceProps): ScheduleValues[] =>
  (i.schedules?.computeStartStop ?? [])
    .map((s) => scheduleValues(s as ScheduleBody))
    .filter((s): s is ScheduleValues => s !== undefined)

const servicesOf = (i: InstanceProps) => (i.customServices ?? []) as ServiceBody[]

function scriptsOf(i: InstanceProps): { when: InstanceValues['scriptWhen']; script: ScriptBody }[] {
  const { creationScript, startupScript } = (i.setupScripts as InstanceBody['setupScripts'])?.scripts ?? {}
  return [
    ...(creationScript ? [{ when: 'creation' as const, script: creationScript }] : []),
    ...(startupScript ? [{ when: 'startup' as const, script: startupScript }] : []),
  ]
}

/** The first script that is a file of the workspace; the form has room for one, and none for a text. */
const heldScript = (i: InstanceProps) =>
  scriptsOf(i).find((s) => s.script.scriptSource.toLowerCase() === 'workspacestorage')

function scriptValues(i: InstanceProps): Partial<InstanceValues> {
  const held = heldScript(i)
  if (!held) return {}
  const { script } = held
  return {
    scriptOn: true,
    scriptWhen: held.when,
    scriptPath: script.scriptData,
    scriptArguments: script.scriptArguments ?? '',
    scriptMinutes: String(Number.parseInt(script.timeout ?? instanceDefaults.scriptMinutes, 10)),
  }
}

const appValues = (s: ServiceBody): AppValues => ({
  name: s.name,
  image: s.image.reference,
  target: String(s.endpoints[0]?.target ?? ''),
  published: String(s.endpoints[0]?.published ?? ''),
  env: Object.entries(s.environmentVariables ?? {})
    .map(([k, v]) => `${k}=${v.value}`)
    .join('\n'),
  mounts: (s.volumes ?? []).map((v) => `${v.source}:${v.target}`).join('\n'),
})
