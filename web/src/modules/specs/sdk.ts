/** Python that makes the document, with azure-ai-ml where it has words for it. */
import { apiVersion, workspacePath } from '~/api/http.ts'
import { type Place, type SafeDocument, secretOf } from './document.ts'
import { fromIso } from './numbers.ts'
import { call, list, literal, type Python, program } from './python.ts'
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

export function code(place: Place, document: SafeDocument): string {
  switch (kindOf(document)) {
    case 'AmlCompute':
      return byMl(place, cluster(document))
    case 'ComputeInstance':
      // azure-ai-ml puts every instance where the workspace is.
      if (document.body.location === place.ws.location) return byMl(place, instance(document))
  }
  return byCore(place, document)
}

const comment = '# First, in a shell: eval "$(atelier env)"'
const credential = 'EnvironmentCredential(disable_instance_discovery=True)'

function byMl({ ws }: Place, compute: Python): string {
  const where = [ws.subscription, ws.resourceGroup, ws.name].map((s) => literal(s)).join(', ')
  return program(
    comment,
    ['from azure.ai.ml import MLClient'],
    ['from azure.identity import EnvironmentCredential'],
    compute,
    [`ml = MLClient(${credential}, ${where})`, `ml.compute.begin_create_or_update(${compute.text}).result()`],
  )
}

/** The request itself, for kinds and for members that azure-ai-ml has no words for. */
function byCore({ ws }: Place, document: SafeDocument): string {
  const body = literalOf(document.body as never)
  const imports = [
    'from azure.core import PipelineClient',
    'from azure.core.pipeline.policies import BearerTokenCredentialPolicy',
    'from azure.core.rest import HttpRequest',
    'from azure.identity import EnvironmentCredential',
  ]
  const path = `${workspacePath(ws)}/computes/${document.name}?api-version=${apiVersion}`
  return program(comment, ['import os', ''], imports, body, [
    'server = os.environ["ATELIER_ENDPOINT"]',
    `credential = ${credential}`,
    'policy = BearerTokenCredentialPolicy(credential, "https://management.azure.com/.default")',
    `request = HttpRequest("PUT", server + ${literal(path)}, json=${body.text})`,
    'PipelineClient(server, policies=[policy]).send_request(request).raise_for_status()',
  ])
}

/** A string as Python has it; a secret is read from the variable. */
function textOf(value: string | undefined): Python | undefined {
  if (value === undefined) return undefined
  const secret = secretOf(value)
  if (secret) return { text: `os.environ[${literal(secret)}]`, classes: [], needs: ['import os'] }
  return { text: literal(value), classes: [], needs: [] }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** JSON as Python has it. */
function literalOf(value: Json, indent = ''): Python {
  if (typeof value === 'string') return textOf(value) as Python
  if (value === null || typeof value !== 'object') return { text: literal(value), classes: [], needs: [] }
  const deeper = `${indent}    `
  const rows = Array.isArray(value)
    ? value.map((v) => ['', literalOf(v, deeper)] as const)
    : Object.entries(value).map(([k, v]) => [`${literal(k)}: `, literalOf(v, deeper)] as const)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (rows.length === 0) return { text: open + close, classes: [], needs: [] }
  const lines = rows.map(([key, v]) => `${deeper}${key}${v.text},\n`).join('')
  return {
    text: `${open}\n${lines}${indent}${close}`,
    classes: [],
    needs: rows.flatMap(([, v]) => v.needs),
  }
}

const plain = (value: unknown): Python | undefined => (value === undefined ? undefined : literalOf(value as Json))

function identity(document: SafeDocument): Python | undefined {
  const id = identityOf(document)
  if (!id) return undefined
  if (id.type === 'SystemAssigned') return call('IdentityConfiguration', { type: plain('system_assigned') })
  const ids = Object.keys(id.userAssignedIdentities ?? {})
  return call('IdentityConfiguration', {
    type: plain('user_assigned'),
    user_assigned_identities: list(ids.map((i) => call('ManagedIdentityConfiguration', { resource_id: plain(i) }))),
  })
}

const common = (document: SafeDocument) => ({
  name: plain(document.name),
  location: plain(document.body.location),
  description: plain(descriptionOf(document)),
  tags: plain(document.body.tags),
  identity: identity(document),
})

function cluster(document: SafeDocument): Python {
  const cl = innerOf<ClusterBody>(document)
  const user = cl.userAccountCredentials
  const { name, location, ...rest } = common(document)
  return call('AmlCompute', {
    name,
    location,
    size: plain(cl.vmSize),
    tier: plain(cl.vmPriority === 'LowPriority' ? 'low_priority' : 'dedicated'),
    min_instances: plain(cl.scaleSettings.minNodeCount),
    max_instances: plain(cl.scaleSettings.maxNodeCount),
    idle_time_before_scale_down: plain(fromIso(cl.scaleSettings.nodeIdleTimeBeforeScaleDown)),
    ssh_public_access_enabled: plain(cl.remoteLoginPortPublicAccess === 'Enabled'),
    ssh_settings: user
      ? call('AmlComputeSshSettings', {
          admin_username: plain(user.adminUserName),
          ssh_key_value: plain(user.adminUserSshPublicKey),
          admin_password: textOf(user.adminUserPassword),
        })
      : undefined,
    network_settings: cl.subnet ? call('NetworkSettings', { subnet: plain(cl.subnet.id) }) : undefined,
    ...rest,
  })
}

function instance(document: SafeDocument): Python {
  const i = innerOf<InstanceBody>(document)
  const idle = i.idleTimeBeforeShutdown ? fromIso(i.idleTimeBeforeShutdown) : undefined
  const user = i.personalComputeInstanceSettings?.assignedUser
  const scripts = i.setupScripts?.scripts
  const key = i.sshSettings?.adminPublicKey
  const { name, location, ...rest } = common(document)
  return call('ComputeInstance', {
    name,
    location,
    size: plain(i.vmSize),
    idle_time_before_shutdown_minutes: plain(idle === undefined ? undefined : Math.round(idle / 60)),
    schedules: i.schedules
      ? call('ComputeSchedules', { compute_start_stop: list(i.schedules.computeStartStop.map(schedule)) })
      : undefined,
    create_on_behalf_of: user
      ? call('AssignedUserConfiguration', {
          user_tenant_id: plain(user.tenantId),
          user_object_id: plain(user.objectId),
        })
      : undefined,
    ssh_public_access_enabled: plain(i.sshSettings?.sshPublicAccess === 'Enabled'),
    ssh_settings: key ? call('ComputeInstanceSshSettings', { ssh_key_value: plain(key) }) : undefined,
    network_settings: i.subnet ? call('NetworkSettings', { subnet: plain(i.subnet.id) }) : undefined,
    enable_node_public_ip: plain(i.enableNodePublicIp === false ? false : undefined),
    enable_root_access: plain(i.enableRootAccess === false ? false : undefined),
    setup_scripts: scripts
      ? call('SetupScripts', {
          creation_script: script(scripts.creationScript),
          startup_script: script(scripts.startupScript),
        })
      : undefined,
    custom_applications: i.customServices ? list(i.customServices.map(application)) : undefined,
    ...rest,
  })
}

function schedule(s: ScheduleBody): Python {
  const trigger = s.recurrence
    ? call('RecurrenceTrigger', {
        frequency: plain(s.recurrence.frequency.toLowerCase()),
        interval: plain(s.recurrence.interval),
        time_zone: plain(s.recurrence.timeZone),
        start_time: plain(s.recurrence.startTime),
      })
    : call('CronTrigger', {
        expression: plain(s.cron?.expression),
        time_zone: plain(s.cron?.timeZone),
        start_time: plain(s.cron?.startTime),
      })
  return call('ComputeStartStopSchedule', { action: plain(s.action), state: plain(s.status), trigger })
}

const module = (name: string) => `azure.ai.ml.entities._compute.${name}`

function script(s: ScriptBody | undefined): Python | undefined {
  if (!s) return undefined
  return call(
    'ScriptReference',
    {
      path: plain(s.scriptData),
      command: plain(s.scriptArguments),
      timeout_minutes: plain(Number.parseInt(s.timeout ?? '60', 10)),
    },
    module('_setup_scripts'),
  )
}

function application(a: ServiceBody): Python {
  const variables = Object.fromEntries(Object.entries(a.environmentVariables ?? {}).map(([k, v]) => [k, v.value]))
  const from = module('_custom_applications')
  const ports = (e: ServiceBody['endpoints'][number]) =>
    call('EndpointsSettings', { target: plain(e.target), published: plain(e.published) }, from)
  return call('CustomApplications', {
    name: plain(a.name),
    image: call('ImageSettings', { reference: plain(a.image.reference) }, from),
    endpoints: list(a.endpoints.map(ports)),
    environment_variables: a.environmentVariables ? plain(variables) : undefined,
    bind_mounts: a.volumes
      ? list(a.volumes.map((v) => call('VolumeSettings', { source: plain(v.source), target: plain(v.target) }, from)))
      : undefined,
  })
}
