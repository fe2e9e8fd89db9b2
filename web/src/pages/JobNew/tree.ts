/**
 * A job in Azure ML's commandJob schema, as `az ml job create -f` and `atelier job submit -f` read it, and the values of
 * the form. What the form has no field for stays in rest, so that going through it loses nothing.
 */
import { parseSeconds, parseWhole } from '~/modules/specs/numbers.ts'

export type Mapping = Record<string, unknown>
export type JobTree = Mapping

export type InputRow = {
  name: string
  kind: 'literal' | 'uri_file' | 'uri_folder'
  value: string
  mode: string
  rest: Mapping
}
export type OutputRow = { name: string; kind: string; path: string; mode: string; rest: Mapping }
export type PairRow = { key: string; value: string }

export type JobValues = {
  name: string
  displayName: string
  experiment: string
  description: string
  compute: string
  instances: string
  command: string
  code: string
  environment: 'none' | 'existing' | 'inline'
  environmentRef: string
  environmentInline: Mapping
  inputs: InputRow[]
  outputs: OutputRow[]
  variables: PairRow[]
  distribution: '' | 'pytorch'
  processes: string
  timeout: string
  priority: string
  tags: PairRow[]
  rest: Mapping
}

export const blank: JobValues = {
  name: '',
  displayName: '',
  experiment: '',
  description: '',
  compute: '',
  instances: '1',
  command: '',
  code: '',
  environment: 'none',
  environmentRef: '',
  environmentInline: {},
  inputs: [],
  outputs: [],
  variables: [],
  distribution: '',
  processes: '',
  timeout: '',
  priority: '',
  tags: [],
  rest: {},
}

export const isMapping = (v: unknown): v is Mapping => typeof v === 'object' && v !== null && !Array.isArray(v)
const text = (v: unknown): string => (v === undefined || v === null || typeof v === 'object' ? '' : String(v))
const mapping = (v: unknown): Mapping => (isMapping(v) ? v : {})
const without = (m: Mapping, keys: string[]): Mapping =>
  Object.fromEntries(Object.entries(m).filter(([k, v]) => v !== undefined && !keys.includes(k)))
const some = (m: Mapping): Mapping | undefined => {
  const kept = Object.fromEntries(Object.entries(m).filter(([, v]) => v !== undefined && v !== ''))
  return Object.keys(kept).length > 0 ? kept : undefined
}
const pairs = (v: unknown): PairRow[] => Object.entries(mapping(v)).map(([key, value]) => ({ key, value: text(value) }))

/** Modes as the schema writes them, and as the wire does. */
export const inputModes = {
  ro_mount: 'ReadOnlyMount',
  rw_mount: 'ReadWriteMount',
  download: 'Download',
  direct: 'Direct',
  eval_mount: 'EvalMount',
  eval_download: 'EvalDownload',
} as const
export const outputModes = {
  rw_mount: 'ReadWriteMount',
  mount: 'ReadWriteMount',
  upload: 'Upload',
  direct: 'Direct',
} as const

/** The keys that the form has fields for. */
const known = [
  'type',
  'name',
  'display_name',
  'experiment_name',
  'description',
  'compute',
  'command',
  'code',
  'environment',
  'environment_variables',
  'inputs',
  'outputs',
  'resources',
  'distribution',
  'limits',
  'queue_settings',
  'tags',
]

export function valuesOf(tree: JobTree): JobValues {
  const environment = tree.environment
  const distribution = mapping(tree.distribution)
  const pytorch = text(distribution.type).toLowerCase() === 'pytorch'
  const limits = mapping(tree.limits)
  const queue = mapping(tree.queue_settings)
  const resources = mapping(tree.resources)
  return {
    name: text(tree.name),
    displayName: text(tree.display_name),
    experiment: text(tree.experiment_name),
    description: text(tree.description),
    compute: text(tree.compute).replace(/^azureml:/, ''),
    instances: text(resources.instance_count) || '1',
    command: text(tree.command),
    code: text(tree.code),
    environment: isMapping(environment) ? 'inline' : environment ? 'existing' : 'none',
    environmentRef: isMapping(environment) ? '' : text(environment).replace(/^azureml:/, ''),
    environmentInline: mapping(environment),
    inputs: Object.entries(mapping(tree.inputs)).map(([name, v]) => inputRow(name, v)),
    outputs: Object.entries(mapping(tree.outputs)).map(([name, v]) => outputRow(name, v)),
    variables: pairs(tree.environment_variables),
    distribution: pytorch ? 'pytorch' : '',
    processes: pytorch ? text(distribution.process_count_per_instance) : '',
    timeout: text(limits.timeout),
    priority: text(queue.priority),
    tags: pairs(tree.tags),
    rest: {
      ...without(tree, known),
      ...tagged('resources', without(resources, ['instance_count'])),
      ...tagged('queue_settings', without(queue, ['priority'])),
      ...tagged('limits', without(limits, ['timeout'])),
      ...(pytorch ? {} : tagged('distribution', distribution)),
    },
  }
}

/** Members of a mapping that the form has some fields of. */
const tagged = (key: string, m: Mapping): Mapping => (Object.keys(m).length > 0 ? { [key]: m } : {})

function inputRow(name: string, v: unknown): InputRow {
  if (!isMapping(v)) return { name, kind: 'literal', value: text(v), mode: '', rest: {} }
  const literal = v.path === undefined && (v.value !== undefined || v.default !== undefined)
  if (literal) {
    return {
      name,
      kind: 'literal',
      value: text(v.value ?? v.default),
      mode: '',
      rest: without(v, ['value', 'default']),
    }
  }
  const kind = v.type === 'uri_file' ? 'uri_file' : 'uri_folder'
  const rest = without(v, kind === v.type ? ['type', 'path', 'mode'] : ['path', 'mode'])
  return { name, kind, value: text(v.path), mode: text(v.mode), rest }
}

function outputRow(name: string, v: unknown): OutputRow {
  const m = mapping(v)
  return {
    name,
    kind: text(m.type) || 'uri_folder',
    path: text(m.path),
    mode: text(m.mode),
    rest: without(m, ['type', 'path', 'mode']),
  }
}

/** A text as a scalar of YAML would be read, so that 3 is written 3 and not "3". */
function scalar(value: string): unknown {
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(value)) return Number(value)
  if (value === 'true' || value === 'false') return value === 'true'
  return value
}

const named = (rows: PairRow[]): Mapping | undefined =>
  some(Object.fromEntries(rows.filter((r) => r.key.trim() !== '').map((r) => [r.key.trim(), r.value])))

const number = (value: string): unknown => (value === '' ? undefined : (parseWhole(value) ?? value))

export function treeOf(v: JobValues): JobTree {
  const { rest } = v
  const resources = mapping(rest.resources)
  const seconds = v.timeout === '' ? undefined : (parseSeconds(v.timeout) ?? v.timeout)
  const compute = v.compute && (/^(azureml:|\/)/.test(v.compute) ? v.compute : `azureml:${v.compute}`)
  const tree: Mapping = {
    $schema: rest.$schema ?? 'https://azuremlschemas.azureedge.net/latest/commandJob.schema.json',
    type: 'command',
    name: v.name,
    display_name: v.displayName,
    experiment_name: v.experiment,
    description: v.description,
    compute,
    command: v.command,
    code: v.code,
    environment: environmentOf(v),
    environment_variables: named(v.variables),
    inputs: some(Object.fromEntries(v.inputs.filter((i) => i.name).map((i) => [i.name, inputTree(i)]))),
    outputs: some(Object.fromEntries(v.outputs.filter((o) => o.name).map((o) => [o.name, outputTree(o)]))),
    resources: some({ instance_count: v.instances === '1' ? undefined : number(v.instances), ...resources }),
    distribution: v.distribution
      ? { type: v.distribution, ...some({ process_count_per_instance: number(v.processes) }) }
      : rest.distribution,
    limits: some({ timeout: seconds, ...mapping(rest.limits) }),
    queue_settings: some({ priority: number(v.priority), ...mapping(rest.queue_settings) }),
    tags: named(v.tags),
    ...without(rest, ['$schema', 'resources', 'distribution', 'limits', 'queue_settings']),
  }
  return some(tree) ?? {}
}

function environmentOf(v: JobValues): unknown {
  if (v.environment === 'inline') return v.environmentInline
  if (v.environment === 'none' || v.environmentRef === '') return undefined
  return /^(azureml:|\/)/.test(v.environmentRef) ? v.environmentRef : `azureml:${v.environmentRef}`
}

function inputTree(i: InputRow): unknown {
  if (i.kind === 'literal') {
    return Object.keys(i.rest).length > 0 ? { ...i.rest, value: scalar(i.value) } : scalar(i.value)
  }
  return { type: i.kind, ...some({ path: i.value, mode: i.mode }), ...i.rest }
}

const outputTree = (o: OutputRow): unknown => ({ type: o.kind, ...some({ path: o.path, mode: o.mode }), ...o.rest })

/** Whether two say the same; numbers and their digits do. */
export function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => same(x, b[i]))
  if (isMapping(a) && isMapping(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...keys].every((k) => same(a[k], b[k]))
  }
  if (a === undefined || b === undefined) return a === b
  return typeof a !== 'object' && typeof b !== 'object' ? String(a) === String(b) : a === b
}
