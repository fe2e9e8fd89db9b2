import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ConnectionCheck } from '~/api/types.ts'
import { en } from '~/i18n/en/index.ts'
import { checkText } from './checkText.ts'

const check = { name: 'docker', status: 'failed', message: 'words', help: 'more words', milliseconds: 1 } as const
const say = (c: Partial<ConnectionCheck>) =>
  checkText(
    (id, values) => `${id} ${JSON.stringify(values)}`,
    (id) => id in en,
    { ...check, ...c },
  )

test('a check has words of the studio where its code is known', () => {
  expect(say({ code: 'DockerDenied', params: { user: 'kim' } })).toEqual({
    message: 'check.DockerDenied {"user":"kim"}',
    help: 'check.DockerDenied.help {"user":"kim"}',
    known: true,
  })
  expect(say({ code: 'SignedIn' }).help).toBeUndefined()
})

test('else those of the server', () => {
  for (const code of [undefined, 'SomethingNew']) {
    expect(say({ code })).toEqual({ message: 'words', help: 'more words', known: false })
  }
})

test('every code of the server has words', () => {
  const source = ['probe', 'ssh', 'machine'].map((f) => readFileSync(`../internal/probe/${f}.go`, 'utf8')).join('')
  const codes = [...source.matchAll(/(?:Code: |Code(?:, [\w.]+)* = |(?:bad|failed)\()"([A-Z][A-Za-z]+)"/g)].map(
    (m) => m[1],
  )
  expect(new Set(codes).size).toBeGreaterThan(30)
  for (const code of codes) {
    if (code !== 'InvalidRequest') expect(en, code).toHaveProperty([`check.${code}`])
  }
})
