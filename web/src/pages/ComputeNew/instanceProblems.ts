/** The rules of the instance's form, in the order of its fields. */
import type { MessageId } from '~/i18n/catalogue.ts'
import { brokenRules, computeNames } from '~/modules/computeName.ts'
import type { FieldProblems } from '~/modules/formErrors.ts'
import { type AppValues, type InstanceValues, lines } from '~/modules/specs/instance.ts'
import { parseSeconds, parseWhole } from '~/modules/specs/numbers.ts'
import { isClock } from '~/modules/specs/schedule.ts'
import { commonLabels, identityProblems, keyProblem, networkProblems, tagProblems } from './commonProblems.ts'

export const instanceSteps = ['required', 'scheduling', 'security', 'applications', 'tags', 'review'] as const
export type InstanceStep = (typeof instanceSteps)[number]

const steps: Record<string, InstanceStep> = {
  name: 'required',
  location: 'required',
  size: 'required',
  idle: 'scheduling',
  schedules: 'scheduling',
  scriptPath: 'applications',
  scriptMinutes: 'applications',
  apps: 'applications',
  tags: 'tags',
}

/** The step that has the field. */
export const instanceStepOf = (path: string): InstanceStep => steps[path.split('.')[0] ?? ''] ?? 'security'

export const instanceLabels: Record<string, MessageId> = {
  ...commonLabels,
  location: 'wizard.field.location',
  size: 'size.label',
  idle: 'newInstance.idle',
  'schedules.*.time': 'newInstance.schedule.n',
  'schedules.*.days': 'newInstance.schedule.n',
  user: 'newInstance.user',
  scriptPath: 'newInstance.script.path',
  scriptMinutes: 'newInstance.script.minutes',
  'apps.*.name': 'newInstance.app.n',
  'apps.*.image': 'newInstance.app.n',
  'apps.*.target': 'newInstance.app.n',
  'apps.*.published': 'newInstance.app.n',
  'apps.*.env': 'newInstance.app.n',
  'apps.*.mounts': 'newInstance.app.n',
}

const leastIdle = 15 * 60
const mostIdle = 3 * 24 * 3600
const leastPort = 1025
const mostPort = 65_535

export function instanceProblems(v: InstanceValues, taken: (name: string) => boolean): FieldProblems {
  const found: FieldProblems = {}
  const [broken] = brokenRules(v.name.trim())
  if (broken) found.name = { id: `name.rule.${broken}`, values: computeNames }
  else if (taken(v.name.trim())) found.name = { id: 'name.taken', values: { name: v.name.trim() } }
  if (!v.location) found.location = { id: 'wizard.required' }
  if (!v.size) found.size = { id: 'wizard.size.missing' }
  const idle = parseSeconds(v.idle, 'm')
  if (v.idleOn && (idle === undefined || idle < leastIdle || idle > mostIdle || idle % 60 !== 0))
    found.idle = { id: 'newInstance.idle.bad' }
  v.schedules.forEach((s, i) => {
    if (!isClock(s.time)) found[`schedules.${i}.time`] = { id: 'newInstance.schedule.time.bad' }
    if (s.days.length === 0) found[`schedules.${i}.days`] = { id: 'newInstance.schedule.days.missing' }
  })
  if (v.assign && !/^\S+ \S+$/.test(v.user.trim())) found.user = { id: 'newInstance.user.missing' }
  Object.assign(found, identityProblems(v.identity))
  const key = v.ssh ? keyProblem(v.adminKey) : undefined
  if (key) found.adminKey = key
  Object.assign(found, networkProblems(v.network))
  if (v.scriptOn) {
    if (v.scriptPath.trim() === '') found.scriptPath = { id: 'wizard.required' }
    const minutes = parseWhole(v.scriptMinutes)
    if (minutes === undefined || minutes < 1) found.scriptMinutes = { id: 'newInstance.script.minutes.bad' }
  }
  v.apps.forEach((a, i) => {
    for (const [field, said] of Object.entries(appProblems(a, v.apps.slice(0, i)))) found[`apps.${i}.${field}`] = said
  })
  return { ...found, ...tagProblems(v.tags) }
}

function appProblems(a: AppValues, before: AppValues[]): FieldProblems {
  const found: FieldProblems = {}
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(a.name.trim())) found.name = { id: 'newInstance.app.name.bad' }
  else if (before.some((b) => b.name.trim() === a.name.trim())) found.name = { id: 'newInstance.app.name.double' }
  if (!/^\S+$/.test(a.image.trim())) found.image = { id: 'wizard.required' }
  for (const field of ['target', 'published'] as const) {
    const port = parseWhole(a[field])
    const bad = port === undefined || port < leastPort || port >= mostPort
    if (bad) found[field] = { id: 'newInstance.app.port.bad', values: { least: leastPort, most: mostPort - 1 } }
  }
  if (!found.published && before.some((b) => parseWhole(b.published) === parseWhole(a.published)))
    found.published = { id: 'newInstance.app.port.double' }
  const env = lines(a.env).find((l) => !/^[A-Za-z_][A-Za-z0-9_]*\s*=/.test(l))
  if (env) found.env = { id: 'newInstance.app.env.bad', values: { line: env } }
  const mount = lines(a.mounts).find((l) => !/^\/[^:]*:\/.+$/.test(l))
  if (mount) found.mounts = { id: 'newInstance.app.mounts.bad', values: { line: mount } }
  return found
}
