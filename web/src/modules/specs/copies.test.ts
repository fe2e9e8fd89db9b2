import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { clusterDefaults, clusterDocument, clusterValues } from './cluster.ts'
import { copies } from './copies.ts'
import type { Place } from './document.ts'
import { type InstanceValues, instanceDefaults, instanceDocument, instanceLost, instanceValues } from './instance.ts'
import { fillLine } from './shell.ts'
import type { InstanceBody } from './wire.ts'

const ws = {
  subscription: '00000000-0000-0000-0000-000000000000',
  resourceGroup: 'default',
  name: 'default',
  location: 'local',
}
const place: Place = { origin: 'https://studio.example:8443', ws }
const values = { ...clusterDefaults, location: 'fake', size: 'Standard_DS3_v2', name: 'cpu' }

describe('a cluster of the form', () => {
  it('is a document that says what the form does', () => {
    expect(clusterDocument({ ...values, min: '１', idle: '2m' }, ws)).toEqual({
      name: 'cpu',
      body: {
        location: 'fake',
        properties: {
          computeType: 'AmlCompute',
          computeLocation: 'fake',
          disableLocalAuth: true,
          properties: {
            osType: 'Linux',
            vmSize: 'Standard_DS3_v2',
            vmPriority: 'Dedicated',
            scaleSettings: { minNodeCount: 1, maxNodeCount: 4, nodeIdleTimeBeforeScaleDown: 'PT2M' },
            remoteLoginPortPublicAccess: 'Disabled',
            enableNodePublicIp: true,
          },
        },
      },
    })
  })

  it('is one command line', () => {
    expect(copies(place, clusterDocument(values, ws)).cli).toBe(
      'atelier compute create cluster cpu --location fake --size Standard_DS3_v2 \\\n  --min 0 --max 4 --idle 120s --public-ssh=false',
    )
  })

  it('names the workspace when it is another, and quotes what a shell would read', () => {
    const document = clusterDocument(
      { ...values, description: "it's $HOME", tags: [{ key: 'team', value: 'a b' }], priority: 'LowPriority' },
      ws,
    )
    const { cli } = copies({ ...place, ws: { ...ws, name: 'lab' } }, document)
    expect(cli).toContain(`--description 'it'\\''s $HOME'`)
    expect(cli).toContain(`--tag 'team=a b'`)
    expect(cli).toContain('--priority low')
    expect(cli).toContain('--workspace lab')
  })

  const secret = {
    ...values,
    ssh: true,
    sshWay: 'password' as const,
    adminPassword: 'correct horse',
    description: 'costs $5 `now`',
  }

  it('never shows a password', () => {
    const all = copies(place, clusterDocument(secret, ws))
    expect(JSON.stringify(all)).not.toContain('correct horse')
    expect(all.variables).toEqual(['ADMIN_PASSWORD'])
    expect(all.cli).toContain('admin_password: $ADMIN_PASSWORD')
    expect(all.cli).toContain('costs \\$5 \\`now\\`')
    expect(all.rest).toContain('"adminUserPassword": "$ADMIN_PASSWORD"')
    expect(all.sdk).toContain('import os\n')
    expect(all.sdk).toContain('admin_password=os.environ["ADMIN_PASSWORD"]')
    expect(all.yaml).toContain('admin_password: $ADMIN_PASSWORD')
    // A file has other words with a dollar, which are not to be filled in: $schema.
    expect(fillLine(all.variables)).toBe("envsubst '$ADMIN_PASSWORD' < file.yml")
    expect(fillLine(['PRIVATE_KEY']), 'several lines are no value of a file').toBeUndefined()
  })

  it('is a file of the amlCompute schema', () => {
    const document = clusterDocument(
      {
        ...values,
        identity: { kind: 'user', ids: '/subscriptions/s/a\n/subscriptions/s/b' },
        network: { resourceGroup: 'net', network: 'v', subnet: 's' },
        tags: [{ key: 'yes', value: 'no' }],
      },
      ws,
    )
    const { yaml } = copies(place, document)
    expect(yaml, 'readers of YAML 1.1 take a bare yes for true').toMatch(/'yes': 'no'|"yes": "no"/)
    expect(parse(yaml)).toEqual({
      $schema: 'https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json',
      name: 'cpu',
      type: 'amlcompute',
      location: 'fake',
      tags: { yes: 'no' },
      size: 'Standard_DS3_v2',
      tier: 'dedicated',
      min_instances: 0,
      max_instances: 4,
      idle_time_before_scale_down: 120,
      ssh_public_access_enabled: false,
      network_settings: {
        subnet: `/subscriptions/${ws.subscription}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s`,
      },
      identity: {
        type: 'user_assigned',
        user_assigned_identities: [{ resource_id: '/subscriptions/s/a' }, { resource_id: '/subscriptions/s/b' }],
      },
    })
  })

  it('is Python for azure-ai-ml', () => {
    expect(copies(place, clusterDocument({ ...values, identity: { kind: 'system', ids: '' } }, ws)).sdk).toBe(
      `# First, in a shell: eval "$(atelier env)"
from azure.ai.ml import MLClient
from azure.ai.ml.entities import AmlCompute, IdentityConfiguration
from azure.identity import EnvironmentCredential

ml = MLClient(EnvironmentCredential(disable_instance_discovery=True), "00000000-0000-0000-0000-000000000000", "default", "default")
ml.compute.begin_create_or_update(AmlCompute(
    name="cpu",
    location="fake",
    size="Standard_DS3_v2",
    tier="dedicated",
    min_instances=0,
    max_instances=4,
    idle_time_before_scale_down=120,
    ssh_public_access_enabled=False,
    identity=IdentityConfiguration(type="system_assigned"),
)).result()
`,
    )
  })

  it('becomes the same form again when it is duplicated', () => {
    const given = {
      ...values,
      ssh: true,
      adminKey: 'ssh-ed25519 AAAA me',
      identity: { kind: 'user' as const, ids: '/subscriptions/s/a' },
      network: { resourceGroup: 'net', network: 'v', subnet: 's' },
      tags: [{ key: 'a', value: 'b' }],
      description: 'd',
    }
    const { body } = clusterDocument(given, ws)
    const compute = { name: 'cpu', tags: null, identity: null, ...body }
    expect(clusterValues(compute as never, 'CPU')).toEqual({ ...given, name: '' })
  })
})

describe('an instance of the form', () => {
  const full: InstanceValues = {
    ...instanceDefaults,
    name: 'desk',
    location: 'local',
    size: 'Local',
    idle: '1h 30m',
    schedules: [{ action: 'Stop', time: '18:00', days: ['1', '5'], timeZone: 'Asia/Seoul' }],
    ssh: true,
    adminKey: 'ssh-ed25519 AAAA me',
    network: { resourceGroup: 'net', network: 'v', subnet: 's' },
    noPublicIp: true,
    root: false,
    scriptOn: true,
    scriptPath: 'setup.sh',
    apps: [{ name: 'rs', image: 'rocker', target: '8787', published: '9797', env: 'A=b=c\nD=', mounts: '/a:/b' }],
  }

  it('is duplicated as it was', () => {
    const { body } = instanceDocument(full, ws)
    const compute = { name: 'desk', tags: null, identity: null, ...body }
    expect(instanceValues(compute as never, 'CPU')).toEqual({ ...full, name: '', idle: '90' })
  })

  it('tells what of another one it has no room for, and takes nothing of it for something else', () => {
    const { body } = instanceDocument(full, ws)
    const inner = body.properties.properties as InstanceBody
    const [app] = inner.customServices ?? []
    const inline = { scriptSource: 'inline', scriptData: 'ZWNobw==', timeout: '5m' }
    const path = { scriptSource: 'workspaceStorage', scriptData: 'start.sh', timeout: '5m' }
    const compute = (creationScript: object) => ({
      ...body,
      properties: {
        ...body.properties,
        properties: {
          ...inner,
          setupScripts: { scripts: { creationScript, startupScript: path } },
          customServices: [app, { ...app, endpoints: [{ target: 1 }, { target: 2 }] }],
        },
      },
    })
    const [texts, files] = [compute(inline) as never, compute(path) as never]
    expect(instanceLost(body as never)).toEqual({ schedules: 0, scripts: 0, endpoints: 0 })
    expect(instanceLost(texts)).toEqual({ schedules: 0, scripts: 1, endpoints: 1 })
    expect(instanceValues(texts, 'CPU')).toMatchObject({ scriptWhen: 'startup', scriptPath: 'start.sh' })
    expect(instanceLost(files)).toEqual({ schedules: 0, scripts: 1, endpoints: 1 })
  })

  it('is a file of the computeInstance schema, and Python', () => {
    const all = copies(place, instanceDocument(full, ws))
    expect(parse(all.yaml)).toMatchObject({
      type: 'computeinstance',
      idle_time_before_shutdown_minutes: 90,
      schedules: {
        compute_start_stop: [
          {
            action: 'stop',
            state: 'enabled',
            trigger: { type: 'cron', expression: '0 18 * * 1,5', time_zone: 'Asia/Seoul' },
          },
        ],
      },
      enable_node_public_ip: false,
      enable_root_access: false,
      setup_scripts: { creation_script: { path: 'setup.sh', timeout_minutes: 15 } },
      custom_applications: [
        {
          name: 'rs',
          endpoints: [{ target: 8787, published: 9797 }],
          environment_variables: { A: 'b=c', D: '' },
          bind_mounts: [{ source: '/a', target: '/b' }],
        },
      ],
    })
    expect(all.sdk).toContain('ml.compute.begin_create_or_update(ComputeInstance(')
    expect(all.sdk).toContain('CronTrigger(expression="0 18 * * 1,5", time_zone="Asia/Seoul")')
  })

  it('is sent as it is where azure-ai-ml would put it elsewhere', () => {
    expect(copies(place, instanceDocument({ ...full, location: 'fake' }, ws)).sdk).not.toContain('azure.ai.ml')
  })
})

describe('a compute of a kind without a schema', () => {
  const document = {
    name: 'machine',
    body: {
      location: 'local',
      properties: {
        computeType: 'VirtualMachine',
        resourceId: '/x',
        properties: { administratorAccount: { username: 'me', password: 'secret', privateKeyData: null } },
      },
    },
  }
  it('is applied as it is', () => {
    const all = copies(place, document)
    expect(all.cli).toMatch(/^atelier compute apply machine -f - <<EOF\n/)
    expect(all.cli).toContain('"password": "$PASSWORD"')
    expect(all.sdk).toContain('"password": os.environ["PASSWORD"],')
    expect(all.sdk).toContain('"privateKeyData": None,')
    expect(all.sdk).toContain('computes/machine?api-version=')
    expect(parse(all.yaml).properties.computeType).toBe('VirtualMachine')
  })

  it('is JSON also with a key of several lines', () => {
    const { properties } = document.body
    const administratorAccount = { username: 'me', privateKeyData: 'hush', privateKeyPassphrase: 'hush' }
    const body = { ...document.body, properties: { ...properties, properties: { administratorAccount } } }
    const { cli, variables } = copies(place, { ...document, body })
    const key = '-----BEGIN X-----\na/b+c=\n-----END X-----'
    const { stdout } = spawnSync('sh', ['-c', cli.replace(/^[^<]*/, 'cat ')], {
      env: { ...process.env, PRIVATE_KEY: key, PRIVATE_KEY_PASSPHRASE: 'p' },
      encoding: 'utf8',
    })
    expect(variables).toEqual(['PRIVATE_KEY', 'PRIVATE_KEY_PASSPHRASE'])
    expect(JSON.parse(stdout).properties.properties.administratorAccount).toEqual({
      username: 'me',
      privateKeyData: `${key}\n`,
      privateKeyPassphrase: 'p',
    })
  })
})
