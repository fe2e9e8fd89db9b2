/** The rules of the cluster's form. Those of the name are with the name field; those that only the server knows it tells. */

import type { MessageId } from '~/i18n/catalogue.ts'
import { brokenRules, computeNames } from '~/modules/computeName.ts'
import type { FieldProblems } from '~/modules/formErrors.ts'
import type { ClusterValues } from '~/modules/specs/cluster.ts'
import { parseSeconds, parseWhole } from '~/modules/specs/numbers.ts'
import {
  commonLabels,
  identityProblems,
  keyProblem,
  networkProblems,
  tagProblems,
  userProblem,
} from './commonProblems.ts'

export const mostNodes = 65_000

export const clusterSteps = ['vm', 'advanced'] as const
export type ClusterStep = (typeof clusterSteps)[number]

/** The step that has the field. */
export const stepOf = (path: string): ClusterStep =>
  ['location', 'processor', 'priority', 'size'].includes(path) ? 'vm' : 'advanced'

export const clusterLabels: Record<string, MessageId> = {
  ...commonLabels,
  location: 'wizard.field.location',
  size: 'size.label',
  min: 'wizard.field.min',
  max: 'wizard.field.max',
  idle: 'wizard.field.idle',
}

export function clusterProblems(v: ClusterValues, taken: (name: string) => boolean): FieldProblems {
  const found: FieldProblems = {}
  if (!v.location) found.location = { id: 'wizard.required' }
  if (!v.size) found.size = { id: 'wizard.size.missing' }
  const broken = brokenRules(v.name.trim())
  if (broken[0]) found.name = { id: `name.rule.${broken[0]}`, values: computeNames }
  else if (taken(v.name.trim())) found.name = { id: 'name.taken', values: { name: v.name.trim() } }
  Object.assign(found, nodeProblems(v))
  const idle = parseSeconds(v.idle)
  if (idle === undefined) found.idle = { id: 'wizard.idle.number' }
  else if (idle < 0) found.idle = { id: 'wizard.idle.negative' }
  if (v.ssh) {
    const user = userProblem(v.adminUser)
    if (user) found.adminUser = user
    if (v.sshWay === 'key') {
      const key = keyProblem(v.adminKey)
      if (key) found.adminKey = key
    } else if (v.adminPassword === '') found.adminPassword = { id: 'wizard.required' }
  }
  return { ...found, ...networkProblems(v.network), ...identityProblems(v.identity), ...tagProblems(v.tags) }
}

function nodeProblems(v: ClusterValues): FieldProblems {
  const found: FieldProblems = {}
  const [min, max] = [parseWhole(v.min), parseWhole(v.max)]
  if (min === undefined || min < 0 || min > mostNodes)
    found.min = { id: 'wizard.min.number', values: { most: mostNodes } }
  if (max === undefined || max < 1 || max > mostNodes)
    found.max = { id: 'wizard.max.number', values: { most: mostNodes } }
  if (!found.min && !found.max && min !== undefined && max !== undefined && min > max) {
    found.min = { id: 'wizard.min.aboveMax', values: { max } }
    found.max = { id: 'wizard.max.belowMin', values: { min } }
  }
  return found
}
