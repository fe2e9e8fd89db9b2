/** What is wrong with a job before it is sent: keys that the schema does not have, files that a browser does not see, fields that are missing. */
import type { MessageId } from '~/i18n/catalogue.ts'
import type { FieldProblems } from '~/modules/formErrors.ts'
import { parseSeconds, parseWhole } from '~/modules/specs/numbers.ts'
import { isMapping, type JobTree, type JobValues, type Mapping, type PairRow } from './tree.ts'

export type TreeProblem = { id: MessageId; values?: Record<string, string | number>; local?: boolean }

const top = [
  '$schema',
  'type',
  'id',
  'status',
  'creation_context',
  'log_files',
  'parameters',
  'resourceGroup',
  'name',
  'display_name',
  'experiment_name',
  'description',
  'tags',
  'properties',
  'parent_job_name',
  'compute',
  'command',
  'code',
  'environment',
  'environment_variables',
  'resources',
  'distribution',
  'limits',
  'queue_settings',
  'services',
  'identity',
  'inputs',
  'outputs',
]
const mappings = [
  'tags',
  'properties',
  'environment_variables',
  'resources',
  'distribution',
  'limits',
  'queue_settings',
  'services',
  'inputs',
  'outputs',
]

/** A path that means something only on the machine of whoever wrote it. */
export const isLocal = (path: unknown): path is string =>
  typeof path === 'string' &&
  path !== '' &&
  !/^azureml:|^\/subscriptions\/|^(?!file:)[a-z][a-z0-9+.-]*:\/\//i.test(path)

export function treeProblems(tree: JobTree): TreeProblem[] {
  const found: TreeProblem[] = []
  const type = tree.type ?? 'command'
  if (String(type).toLowerCase() !== 'command') found.push({ id: 'jobnew.yaml.type', values: { type: String(type) } })
  for (const key of Object.keys(tree)) {
    if (!top.includes(key)) found.push({ id: 'jobnew.yaml.unknown', values: { key } })
  }
  for (const key of mappings) {
    const v = tree[key]
    if (v !== undefined && v !== null && !isMapping(v)) found.push({ id: 'jobnew.yaml.mapping', values: { key } })
  }
  const local = (what: string, path: unknown) => {
    if (isLocal(path)) found.push({ id: 'jobnew.yaml.local', values: { what, path }, local: true })
  }
  local('code', tree.code)
  for (const [name, input] of Object.entries(isMapping(tree.inputs) ? tree.inputs : {})) {
    if (isMapping(input)) local(`inputs.${name}`, input.path)
  }
  if (isMapping(tree.environment)) {
    local('environment.conda_file', tree.environment.conda_file)
    local('environment.pip_file', tree.environment.pip_file)
  }
  return found
}

export const mostNodes = 10_000

/** What the form finds wrong, by field. */
export function fieldProblems(v: JobValues): FieldProblems {
  const found: FieldProblems = {}
  if (v.name && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/.test(v.name)) found.name = { id: 'jobnew.name.bad' }
  if (!v.compute) found.compute = { id: 'jobnew.compute.missing' }
  const n = parseWhole(v.instances)
  if (n === undefined || n < 1 || n > mostNodes) found.instances = { id: 'jobnew.instances.bad' }
  if (!v.command.trim()) found.command = { id: 'jobnew.command.missing' }
  if (v.environment === 'existing' && !v.environmentRef) found.environmentRef = { id: 'jobnew.environment.missing' }
  if (isLocal(v.code)) found.code = { id: 'jobnew.code.local' }
  if (v.timeout && !(parseSeconds(v.timeout) ?? 0)) found.timeout = { id: 'jobnew.timeout.bad' }
  const priority = parseWhole(v.priority.replace('−', '-'))
  const word = ['low', 'medium', 'high'].includes(v.priority.toLowerCase())
  if (v.priority && !word && (priority === undefined || Math.abs(priority) > 1000)) {
    found.priority = { id: 'job.priority.bad' }
  }
  if (v.processes && !((parseWhole(v.processes) ?? 0) >= 1)) found.processes = { id: 'jobnew.processes.bad' }
  names(v.inputs, 'inputs', found)
  v.inputs.forEach((i, k) => {
    if (i.kind !== 'literal' && !i.value) found[`inputs.${k}.value`] ??= { id: 'jobnew.input.path' }
    else if (i.kind !== 'literal' && isLocal(i.value)) found[`inputs.${k}.value`] ??= { id: 'jobnew.input.local' }
  })
  names(v.outputs, 'outputs', found)
  pairs(v.variables, 'variables', /^[^=\s]+$/, 'jobnew.variable.bad', found)
  pairs(v.tags, 'tags', /./, 'jobnew.tag.bad', found)
  return found
}

function names(rows: { name: string }[], field: string, found: FieldProblems): void {
  rows.forEach((r, k) => {
    if (!/^[A-Za-z0-9_-]{1,128}$/.test(r.name)) found[`${field}.${k}.name`] = { id: 'jobnew.binding.bad' }
    else if (rows.slice(0, k).some((o) => o.name === r.name)) found[`${field}.${k}.name`] = { id: 'jobnew.double' }
  })
}

function pairs(rows: PairRow[], field: string, rule: RegExp, id: MessageId, found: FieldProblems): void {
  rows.forEach((r, k) => {
    const key = r.key.trim()
    if (!rule.test(key)) found[`${field}.${k}.key`] = { id }
    else if (rows.slice(0, k).some((o) => o.key.trim() === key)) found[`${field}.${k}.key`] = { id: 'jobnew.double' }
  })
}

/** The field that the server's error is about, by its target. */
export function fieldOfTarget(target: string, v: JobValues): string | undefined {
  const path = target.replace(/^properties\./, '')
  const fixed: Record<string, string> = {
    name: 'name',
    job: 'name',
    computeId: 'compute',
    command: 'command',
    codeId: 'code',
    environmentId: 'environmentRef',
    'resources.instanceCount': 'instances',
    'limits.timeout': 'timeout',
    'queueSettings.priority': 'priority',
    'properties.atelier.priority': 'priority',
    'distribution.distributionType': 'distribution',
    'distribution.processCountPerInstance': 'processes',
    environmentVariables: 'variables.0.key',
  }
  if (fixed[path]) return fixed[path]
  const m = /^(inputs|outputs|environmentVariables)\.(.+)$/.exec(path)
  if (!m) return undefined
  const [, list, below = ''] = m
  if (list === 'environmentVariables') {
    const k = v.variables.findIndex((r) => r.key === below)
    return k < 0 ? undefined : `variables.${k}.value`
  }
  const rows = (list === 'inputs' ? v.inputs : v.outputs) as { name: string }[]
  const k = rows.findIndex((r) => below === r.name || below.startsWith(`${r.name}.`))
  if (k < 0) return undefined
  const part = below.slice((rows[k] as Mapping & { name: string }).name.length + 1)
  const value = list === 'inputs' ? 'value' : 'path'
  return `${list}.${k}.${part === 'uri' ? value : part === 'mode' ? 'mode' : part ? 'kind' : 'name'}`
}
