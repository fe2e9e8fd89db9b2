/** Files of Azure ML's schemas, which `az ml compute create -f` and `atelier compute create cluster -f` read. */
import { stringify } from 'yaml'
import { fillSecrets, type SafeDocument } from './document.ts'
import { fromIso } from './numbers.ts'
import {
  type ClusterBody,
  descriptionOf,
  type InstanceBody,
  identityOf,
  innerOf,
  kindOf,
  type ScheduleBody,
  type ScriptBody,
  type ServiceBody,
} from './wire.ts'

const schema = (name: string) => `https://azuremlschemas.azureedge.net/latest/${name}.schema.json`

/** The file of a schema that has the compute. Kinds that no schema has are written as the REST API has them. */
export function file(document: SafeDocument, fill = true): string {
  const text = stringify(tree(document), { lineWidth: 0, singleQuote: true, version: '1.1' })
  return fill ? fillSecrets(text, (v) => `$${v}`) : text
}

function tree(document: SafeDocument): object {
  switch (kindOf(document)) {
    case 'AmlCompute':
      return cluster(document)
    case 'ComputeInstance':
      return instance(document)
  }
  return { name: document.name, ...document.body }
}

const defined = (o: object): object =>
  Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== ''))

const head = (document: SafeDocument, name: string, type: string) => ({
  $schema: schema(name),
  name: document.name,
  type,
  location: document.body.location,
  description: descriptionOf(document),
  tags: document.body.tags,
})

function identity(document: SafeDocument): object | undefined {
  const id = identityOf(document)
  if (!id) return undefined
  if (id.type === 'SystemAssigned') return { type: 'system_assigned' }
  const ids = Object.keys(id.userAssignedIdentities ?? {})
  return { type: 'user_assigned', user_assigned_identities: ids.map((resource_id) => ({ resource_id })) }
}

function cluster(document: SafeDocument): object {
  const cl = innerOf<ClusterBody>(document)
  const user = cl.userAccountCredentials
  return defined({
    ...head(document, 'amlCompute', 'amlcompute'),
    size: cl.vmSize,
    tier: cl.vmPriority === 'LowPriority' ? 'low_priority' : 'dedicated',
    min_instances: cl.scaleSettings.minNodeCount,
    max_instances: cl.scaleSettings.maxNodeCount,
    idle_time_before_scale_down: fromIso(cl.scaleSettings.nodeIdleTimeBeforeScaleDown),
    ssh_public_access_enabled: cl.remoteLoginPortPublicAccess === 'Enabled',
    ssh_settings: user
      ? defined({
          admin_username: user.adminUserName,
          ssh_key_value: user.adminUserSshPublicKey,
          admin_password: user.adminUserPassword,
        })
      : undefined,
    network_settings: cl.subnet ? { subnet: cl.subnet.id } : undefined,
    identity: identity(document),
  })
}

function instance(document: SafeDocument): object {
  const i = innerOf<InstanceBody>(document)
  const idle = i.idleTimeBeforeShutdown ? fromIso(i.idleTimeBeforeShutdown) : undefined
  const user = i.personalComputeInstanceSettings?.assignedUser
  const scripts = i.setupScripts?.scripts
  return defined({
    ...head(document, 'computeInstance', 'computeinstance'),
    size: i.vmSize,
    idle_time_before_shutdown_minutes: idle === undefined ? undefined : Math.round(idle / 60),
    schedules: i.schedules ? { compute_start_stop: i.schedules.computeStartStop.map(schedule) } : undefined,
    create_on_behalf_of: user ? { user_tenant_id: user.tenantId, user_object_id: user.objectId } : undefined,
    identity: identity(document),
    ssh_public_access_enabled: i.sshSettings?.sshPublicAccess === 'Enabled',
    ssh_settings: i.sshSettings?.adminPublicKey ? { ssh_key_value: i.sshSettings.adminPublicKey } : undefined,
    network_settings: i.subnet ? { subnet: i.subnet.id } : undefined,
    enable_node_public_ip: i.enableNodePublicIp === false ? false : undefined,
    enable_root_access: i.enableRootAccess === false ? false : undefined,
    setup_scripts: scripts
      ? defined({ creation_script: script(scripts.creationScript), startup_script: script(scripts.startupScript) })
      : undefined,
    custom_applications: i.customServices?.map(application),
  })
}

function schedule(s: ScheduleBody): object {
  const { recurrence: r, cron } = s
  const trigger = r
    ? defined({
        type: 'recurrence',
        frequency: r.frequency.toLowerCase(),
        interval: r.interval,
        start_time: r.startTime,
        time_zone: r.timeZone,
        schedule: r.schedule
          ? defined({
              hours: r.schedule.hours,
              minutes: r.schedule.minutes,
              week_days: r.schedule.weekDays?.map((d) => d.toLowerCase()),
            })
          : undefined,
      })
    : defined({ type: 'cron', expression: cron?.expression, start_time: cron?.startTime, time_zone: cron?.timeZone })
  return { action: s.action.toLowerCase(), state: s.status.toLowerCase(), trigger }
}

function script(s: ScriptBody | undefined): object | undefined {
  if (!s) return undefined
  const seconds = s.timeout ? parseTimeout(s.timeout) : undefined
  return defined({
    path: s.scriptData,
    command: s.scriptArguments,
    timeout_minutes: seconds,
  })
}

const parseTimeout = (text: string): number | undefined => {
  const m = /^(\d+)m$/.exec(text)
  return m ? Number(m[1]) : undefined
}

function application(a: ServiceBody): object {
  const variables = Object.entries(a.environmentVariables ?? {}).map(([k, v]) => [k, v.value])
  return defined({
    name: a.name,
    image: { reference: a.image.reference },
    endpoints: a.endpoints.map((e) => ({ target: e.target, published: e.published })),
    environment_variables: variables.length > 0 ? Object.fromEntries(variables) : undefined,
    bind_mounts: a.volumes?.map((v) => ({ source: v.source, target: v.target })),
  })
}
