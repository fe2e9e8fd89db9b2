import { describe, expect, test } from 'vitest'
import type { Job } from '~/api/types.ts'
import { documentOf } from './body.ts'
import { fieldOfTarget, fieldProblems, treeProblems } from './check.ts'
import { jobCopies } from './copies.ts'
import { treeOfJob } from './fromJob.ts'
import { newName } from './names.ts'
import { blank, type JobTree, same, treeOf, valuesOf } from './tree.ts'
import { readYaml, writeYaml } from './yaml.ts'

const ws = { subscription: 's', resourceGroup: 'g', name: 'w', location: 'local' }
const at = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'

// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how a command names an input
const input = '${{inputs.n}}'

const full = `# how we train
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
type: command
command: >-
  python train.py --epochs \${{inputs.epochs}}
  --data \${{inputs.data}}
inputs:
  epochs: 3            # enough
  rate: 0.001
  label: "007"
  data:
    type: uri_folder
    path: azureml:digits:2
    mode: ro_mount
  table:
    type: mltable
    path: azureml://datastores/d/paths/x
outputs:
  model:
    type: uri_folder
    mode: upload
    name: digits-model
environment: azureml:train:4
environment_variables: {OMP_NUM_THREADS: "4"}
compute: azureml:gpu
resources:
  instance_count: 2
  shm_size: 8g
distribution:
  type: pytorch
  process_count_per_instance: 4
limits: {timeout: 7200}
queue_settings: {job_tier: standard, priority: 5}
display_name: 손글씨
experiment_name: digits
tags: {team: vision}
services:
  tb: {type: tensor_board, log_dir: outputs/tb}
identity: {type: user_identity}
`

const tree = (source: string): JobTree => {
  const read = readYaml(source)
  if (!('tree' in read)) throw new Error(read.message)
  return read.tree
}

describe('YAML and form', () => {
  test('from YAML to the form and back it is the same, to the byte', () => {
    expect(writeYaml(valuesOf(tree(full)), full)).toBe(full)
  })
  test('also without the file at hand it says the same', () => {
    expect(same(valuesOf(tree(writeYaml(valuesOf(tree(full)), ''))), valuesOf(tree(full)))).toBe(true)
    expect(same(treeOf(valuesOf(tree(full))), tree(full))).toBe(true)
  })
  test('what changes in the form changes in the file, and nothing else', () => {
    const changed = writeYaml({ ...valuesOf(tree(full)), compute: 'cpu', timeout: '90m', tags: [] }, full)
    expect(changed).toContain('compute: azureml:cpu\n')
    expect(changed).toMatch(/limits:\n {2}timeout: 5400\n/)
    expect(changed).not.toContain('team')
    expect(changed).toContain('# how we train')
    expect(changed).toContain('epochs: 3 # enough')
    expect(changed).toContain('label: "007"')
    expect(changed).toContain('tensor_board')
  })
  test('a form that is filled in from nothing', () => {
    const yaml = writeYaml(
      {
        ...blank,
        compute: 'cpu',
        command: `echo ${input}`,
        inputs: [{ name: 'n', kind: 'literal', value: '3', mode: '', rest: {} }],
      },
      '',
    )
    expect(tree(yaml)).toEqual({
      $schema: 'https://azuremlschemas.azureedge.net/latest/commandJob.schema.json',
      type: 'command',
      compute: 'azureml:cpu',
      command: `echo ${input}`,
      inputs: { n: 3 },
    })
  })
  test('what is no YAML says where', () => {
    expect(readYaml('a: 1\nb: [')).toMatchObject({ line: 2 })
    expect(readYaml('just words')).toMatchObject({ message: '' })
  })
})

test('what is sent', () => {
  const { body } = documentOf(ws, tree(full), 'j1')
  expect(body.properties).toMatchObject({
    jobType: 'Command',
    displayName: '손글씨',
    experimentName: 'digits',
    computeId: `${at}/computes/gpu`,
    environmentId: `${at}/environments/train/versions/4`,
    environmentVariables: { OMP_NUM_THREADS: '4' },
    inputs: {
      epochs: { jobInputType: 'literal', value: '3' },
      label: { jobInputType: 'literal', value: '007' },
      data: { jobInputType: 'uri_folder', uri: 'azureml:digits:2', mode: 'ReadOnlyMount' },
      table: { jobInputType: 'mltable' },
    },
    outputs: { model: { jobOutputType: 'uri_folder', mode: 'Upload', assetName: 'digits-model' } },
    resources: { instanceCount: 2, shmSize: '8g' },
    distribution: { distributionType: 'PyTorch', processCountPerInstance: 4 },
    limits: { jobLimitsType: 'Command', timeout: 'PT2H' },
    queueSettings: { jobTier: 'standard', priority: '5' },
    services: { tb: { jobServiceType: 'TensorBoard', properties: { logDir: 'outputs/tb' } } },
    identity: { identityType: 'UserIdentity' },
    tags: { team: 'vision' },
  })
})

describe('what is wrong', () => {
  test('with a file', () => {
    const ids = (source: string) => treeProblems(tree(source)).map((p) => [p.id, p.values?.key ?? p.values?.what])
    expect(ids(full)).toEqual([])
    expect(ids('command: x\ncode: ./src\ninputs: {d: {path: ../data}}\nenvironment: {conda_file: env.yml}')).toEqual([
      ['jobnew.yaml.local', 'code'],
      ['jobnew.yaml.local', 'inputs.d'],
      ['jobnew.yaml.local', 'environment.conda_file'],
    ])
    expect(ids('type: sweep\ntrial: {}\ntags: [a]').map(([id]) => id)).toEqual([
      'jobnew.yaml.type',
      'jobnew.yaml.unknown',
      'jobnew.yaml.mapping',
    ])
  })
  test('with the fields', () => {
    expect(Object.keys(fieldProblems(blank))).toEqual(['compute', 'command'])
    const wrong = fieldProblems({
      ...blank,
      name: '-x',
      compute: 'c',
      command: 'x',
      instances: '０',
      timeout: 'soon',
      priority: '1001',
      code: './src',
      inputs: [
        { name: 'a', kind: 'uri_folder', value: 'data', mode: '', rest: {} },
        { name: 'a', kind: 'literal', value: '', mode: '', rest: {} },
      ],
      variables: [{ key: 'A B', value: '' }],
    })
    expect(Object.keys(wrong).sort()).toEqual([
      'code',
      'inputs.0.value',
      'inputs.1.name',
      'instances',
      'name',
      'priority',
      'timeout',
      'variables.0.key',
    ])
    expect(
      fieldProblems({ ...blank, compute: 'c', command: 'x', instances: '２', timeout: '2h', priority: '-5' }),
    ).toEqual({})
  })
  test('what the server refuses is put to its field', () => {
    const v = valuesOf(tree(full))
    const field = (target: string) => fieldOfTarget(target, v)
    expect(field('properties.computeId')).toBe('compute')
    expect(field('properties.resources.instanceCount')).toBe('instances')
    expect(field('properties.inputs.data.uri')).toBe('inputs.3.value')
    expect(field('properties.inputs.data')).toBe('inputs.3.name')
    expect(field('properties.inputs.table.jobInputType')).toBe('inputs.4.kind')
    expect(field('properties.environmentVariables.OMP_NUM_THREADS')).toBe('variables.0.value')
    expect(field('properties.limits.timeout')).toBe('timeout')
    expect(field('')).toBeUndefined()
  })
})

test('a job like another', () => {
  const job = {
    name: 'old',
    id: '',
    systemData: null,
    properties: {
      jobType: 'Command',
      status: 'Failed',
      displayName: 'old',
      experimentName: 'Default',
      description: null,
      isArchived: false,
      tags: { a: 'b' },
      properties: { '_azureml.ComputeTargetType': 'amlctrain', 'atelier.maxAttempts': '5', 'atelier.priority': '7' },
      computeId: `${at}/computes/gpu`,
      codeId: `${at}/codes/c/versions/1`,
      environmentId: `${at}/environments/e/versions/2`,
      command: 'x',
      inputs: {
        n: { jobInputType: 'literal', value: '1' },
        d: { jobInputType: 'uri_file', uri: 'azureml:d:1', mode: 'Direct' },
      },
      outputs: {
        default: {
          jobOutputType: 'uri_folder',
          uri: 'azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.old',
        },
      },
      resources: { instanceCount: 3 },
      distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
      limits: { timeout: 'PT1H30M' },
      priority: 7,
    },
  } as unknown as Job
  const made = treeOfJob(job)
  expect(JSON.parse(JSON.stringify(made))).toEqual({
    type: 'command',
    compute: 'azureml:gpu',
    command: 'x',
    code: 'azureml:c:1',
    environment: 'azureml:e:2',
    inputs: { n: '1', d: { type: 'uri_file', path: 'azureml:d:1', mode: 'direct' } },
    resources: { instance_count: 3 },
    distribution: { type: 'pytorch', process_count_per_instance: 2 },
    limits: { timeout: 5400 },
    queue_settings: { priority: 7 },
    tags: { a: 'b' },
    properties: { 'atelier.maxAttempts': '5' },
  })
  expect(documentOf(ws, treeOf(valuesOf(made)), 'new').body.properties).toMatchObject({
    properties: { 'atelier.maxAttempts': '5' },
    queueSettings: { priority: '7' },
    limits: { timeout: 'PT1H30M' },
  })
})

test('a job like another has all that the other was given, and nothing that the server adds', () => {
  const properties = {
    jobType: 'Command',
    command: 'x',
    computeId: `${at}/computes/gpu`,
    outputs: {
      model: {
        jobOutputType: 'uri_folder',
        uri: 'azureml://datastores/d/paths/m',
        mode: 'Upload',
        assetName: 'digits',
      },
      plain: { jobOutputType: 'uri_file', uri: null, mode: null },
    },
    resources: {
      instanceCount: 1,
      instanceType: 'gpu',
      shmSize: '8g',
      dockerArgs: '--ipc=host',
      properties: { a: { b: 1 } },
    },
    queueSettings: { jobTier: 'spot' },
    priority: 0,
    identity: { identityType: 'Managed', clientId: 'c', objectId: 'o', resourceId: 'r' },
    services: {
      tb: { jobServiceType: 'TensorBoard', port: 6006, properties: { logDir: 'outputs/tb', more: '1' } },
      shell: { jobServiceType: 'SSH', properties: { sshPublicKeys: 'ssh-rsa A' }, nodes: { nodesValueType: 'All' } },
      Tracking: { jobServiceType: 'Tracking', endpoint: 'azureml://x', properties: null },
      Studio: { jobServiceType: 'Studio', endpoint: 'https://x', properties: null },
    },
  }
  const { Tracking, Studio: _, ...services } = properties.services
  const { priority: _none, ...wanted } = properties
  const made = treeOfJob({ name: 'old', properties } as unknown as Job)
  const sent = documentOf(ws, treeOf(valuesOf(made)), 'new').body.properties
  const plain = { jobOutputType: 'uri_file' }
  expect(sent).toMatchObject({ ...wanted, outputs: { ...properties.outputs, plain }, services })
  expect(Object.keys(sent.services as object)).toEqual(['tb', 'shell'])
  // What nobody asked for is not asked for.
  const resources = { instanceCount: 1, instanceType: null, properties: null, shmSize: '2g', dockerArgs: null }
  const bare = { ...properties, outputs: {}, identity: null, queueSettings: null, services: { Tracking }, resources }
  expect(Object.entries(treeOfJob({ name: 'old', properties: bare } as unknown as Job)).filter(([, v]) => v)).toEqual([
    ['type', 'command'],
    ['compute', 'azureml:gpu'],
    ['command', 'x'],
  ])
})

test('copies', () => {
  const yaml = writeYaml({ ...blank, compute: 'cpu', command: `echo "it's"` }, '')
  const c = jobCopies({ origin: 'https://x', ws }, yaml, documentOf(ws, tree(yaml), 'j'))
  expect(c.cli).toBe(`atelier job submit -f - --workspace w --resource-group g --subscription s <<'EOF'\n${yaml}EOF`)
  expect(c.rest).toContain(`"https://x${at}/jobs/j?api-version=`)
  expect(c.sdk).toContain('ml.jobs.create_or_update(job)')
  expect(c.yaml).toBe(yaml)
})

test('names are names of jobs', () => {
  expect(newName((n) => new Uint32Array(n).map((_, i) => i * 7919))).toMatch(/^[a-z]+_[a-z]+_[a-z0-9]{10}$/)
})
