/** Rules that several forms have. */
import type { MessageId } from '~/i18n/catalogue.ts'
import type { FieldProblems, Said } from '~/modules/formErrors.ts'
import { type IdentityValues, identityIds, strangeIds } from '~/modules/specs/identity.ts'
import { type NetworkValues, networkGap } from '~/modules/specs/network.ts'
import { doubleTag, type TagValue } from '~/modules/specs/tags.ts'

export const commonLabels: Record<string, MessageId> = {
  name: 'wizard.field.name',
  adminUser: 'wizard.field.adminUser',
  adminKey: 'wizard.field.adminKey',
  adminPassword: 'wizard.field.adminPassword',
  'network.network': 'wizard.field.network',
  'network.subnet': 'wizard.field.subnet',
  'identity.ids': 'wizard.field.identity',
  'tags.*.key': 'wizard.tag.name',
}

export function userProblem(name: string): Said | undefined {
  if (name.trim() === '') return { id: 'wizard.required' }
  return /^[a-z_][a-z0-9_-]{0,31}$/.test(name.trim()) ? undefined : { id: 'wizard.ssh.user.bad' }
}

const publicKey =
  /^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp\d+|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{16,}={0,3}( .*)?$/

/** What is wrong with an SSH public key. A private one must not leave the browser. */
export function keyProblem(key: string): Said | undefined {
  const text = key.trim()
  if (text === '') return { id: 'wizard.ssh.key.missing' }
  if (text.includes('PRIVATE KEY')) return { id: 'wizard.ssh.key.private' }
  return publicKey.test(text) ? undefined : { id: 'wizard.ssh.key.bad' }
}

export function networkProblems(v: NetworkValues): FieldProblems {
  const gap = networkGap(v)
  return gap ? { [`network.${gap}`]: { id: `wizard.network.${gap}.missing` } } : {}
}

export function identityProblems(v: IdentityValues): FieldProblems {
  if (v.kind !== 'user') return {}
  if (identityIds(v.ids).length === 0) return { 'identity.ids': { id: 'wizard.identity.missing' } }
  const [strange] = strangeIds(v.ids)
  return strange ? { 'identity.ids': { id: 'wizard.identity.bad', values: { id: strange } } } : {}
}

export function tagProblems(rows: TagValue[]): FieldProblems {
  const found: FieldProblems = {}
  rows.forEach((r, i) => {
    if (r.key.trim() === '' && r.value !== '') found[`tags.${i}.key`] = { id: 'wizard.tag.key' }
  })
  const double = doubleTag(rows)
  if (double >= 0) found[`tags.${double}.key`] = { id: 'wizard.tag.double' }
  return found
}
