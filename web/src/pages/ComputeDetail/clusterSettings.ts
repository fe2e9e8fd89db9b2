/** What of a cluster can change after it was made: what the form holds, what is wrong with it, and what it posts. */
import { type Compute, clusterOf } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import {
  type IdentityValues,
  identityDocument,
  identityIds,
  identityValues,
  strangeIds,
} from '~/modules/specs/identity.ts'
import { isoDuration, parseSeconds, parseWhole } from '~/modules/specs/numbers.ts'
import { quote } from '~/modules/specs/shell.ts'

export type SettingsValues = {
  min: string
  max: string
  idle: string
  description: string
  /** One in each line: "key=value". */
  tags: string
  identityKind: IdentityValues['kind']
  identityIds: string
}

const mostNodes = 65_000

export function settingsValues(c: Compute): SettingsValues {
  const scale = clusterOf(c)?.scaleSettings
  const identity = identityValues(c.identity)
  return {
    min: String(scale?.minNodeCount ?? 0),
    max: String(scale?.maxNodeCount ?? 1),
    idle: String(parseSeconds(scale?.nodeIdleTimeBeforeScaleDown ?? '') ?? 0),
    description: c.properties.description ?? '',
    tags: Object.entries(c.tags ?? {})
      .map(([k, v]) => (v ? `${k}=${v}` : k))
      .join('\n'),
    identityKind: identity.kind,
    identityIds: identity.ids,
  }
}

export function tagsOfLines(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    const key = (at < 0 ? line : line.slice(0, at)).trim()
    if (key) found[key] = at < 0 ? '' : line.slice(at + 1).trim()
  }
  return found
}

export type Problem = { id: MessageId; values?: Record<string, string | number> }
export type Problems = Partial<Record<keyof SettingsValues, Problem>>

/** What is wrong with the values, by field. */
export function settingsProblems(v: SettingsValues): Problems {
  const found: Problems = {}
  const min = parseWhole(v.min)
  const max = parseWhole(v.max)
  const idle = parseSeconds(v.idle)
  if (min === undefined || min < 0) found.min = { id: 'details.settings.bad.min' }
  if (max === undefined || max < 1 || max > mostNodes) {
    found.max = { id: 'details.settings.bad.max', values: { most: mostNodes } }
  } else if (min !== undefined && min > max) {
    found.min ??= { id: 'details.settings.bad.minMax', values: { min, max } }
  }
  if (idle === undefined || idle < 0) found.idle = { id: 'details.settings.bad.idle' }
  const keys = v.tags.split('\n').flatMap((l) => l.split('=')[0]?.trim() || [])
  const twice = keys.find((k, i) => keys.indexOf(k) !== i)
  if (twice) found.tags = { id: 'details.settings.bad.tags', values: { key: twice } }
  if (v.identityKind === 'user') {
    const strange = strangeIds(v.identityIds)[0]
    if (identityIds(v.identityIds).length === 0) found.identityIds = { id: 'details.settings.bad.noIds' }
    else if (strange) found.identityIds = { id: 'details.settings.bad.id', values: { id: strange } }
  }
  return found
}

type Patch = {
  tags?: Record<string, string>
  identity?: unknown
  properties?: { description?: string; properties?: { scaleSettings: Record<string, unknown> } }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** What to send so that the cluster becomes as the values say; only what is another. */
export function settingsPatch(v: SettingsValues, was: SettingsValues): Patch {
  const patch: Patch = {}
  const scale: Record<string, unknown> = {}
  if (parseWhole(v.min) !== parseWhole(was.min)) scale.minNodeCount = parseWhole(v.min)
  if (parseWhole(v.max) !== parseWhole(was.max)) scale.maxNodeCount = parseWhole(v.max)
  if (parseSeconds(v.idle) !== parseSeconds(was.idle)) {
    scale.nodeIdleTimeBeforeScaleDown = isoDuration(parseSeconds(v.idle) ?? 0)
  }
  if (!same(tagsOfLines(v.tags), tagsOfLines(was.tags))) patch.tags = tagsOfLines(v.tags)
  const [identity, before] = [v, was].map((s) => identityDocument({ kind: s.identityKind, ids: s.identityIds }))
  if (!same(identity, before)) patch.identity = identity ?? { type: 'None' }
  const properties: Patch['properties'] = {}
  if (v.description.trim() !== was.description.trim()) properties.description = v.description.trim()
  if (Object.keys(scale).length > 0) properties.properties = { scaleSettings: scale }
  if (Object.keys(properties).length > 0) patch.properties = properties
  return patch
}

export const isEmpty = (patch: object): boolean => Object.keys(patch).length === 0

/** The same as a command line; what that cannot change is left out. */
export function settingsCli(name: string, v: SettingsValues, was: SettingsValues, flags: string[] = []): string {
  const words = ['atelier', 'compute', 'update', quote(name)]
  const patch = settingsPatch(v, was)
  const scale = patch.properties?.properties?.scaleSettings ?? {}
  if (scale.minNodeCount !== undefined) words.push('--min', String(scale.minNodeCount))
  if (scale.maxNodeCount !== undefined) words.push('--max', String(scale.maxNodeCount))
  if (scale.nodeIdleTimeBeforeScaleDown !== undefined) words.push('--idle', `${parseSeconds(v.idle) ?? 0}s`)
  if (patch.properties?.description !== undefined) words.push('--description', quote(patch.properties.description))
  if (patch.tags) {
    const before = tagsOfLines(was.tags)
    for (const [k, value] of Object.entries(patch.tags)) {
      if (before[k] !== value) words.push('--tag', quote(`${k}=${value}`))
    }
    for (const k of Object.keys(before)) if (!(k in patch.tags)) words.push('--tag', quote(`${k}=`))
  }
  return [...words, ...flags].join(' ')
}
