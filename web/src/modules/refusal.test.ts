import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ApiError } from '~/api/http.ts'
import { refusals as en } from '~/i18n/en/refusals.ts'
import { refusals as ko } from '~/i18n/ko/refusals.ts'
import type { Text } from '~/i18n/text.tsx'
import { refusedText } from './refusal.tsx'

const words = 'instance "a" is being deleted'
const say = (catalogue: Record<string, string>, error: unknown) =>
  refusedText(((id) => catalogue[id]) as Text, (id) => id in catalogue, error)

test('a refusal is said by its code, with the words of the server', () => {
  const error = new ApiError(409, 'ComputeDeleting', words)
  expect(say(ko, error)).toEqual({ meaning: ko['refusal.ComputeDeleting'], words })
  expect(say(en, error)).toEqual({ meaning: '', words })
})

test.each([
  ['a code that is new to the studio', new ApiError(409, 'Novelty', words)],
  ['no code', new ApiError(502, '', words)],
  ['a fault of the studio', new TypeError(words)],
  ['words that are not there yet', new ApiError(409, 'ComputeDeleting', words)],
])('%s is said in its own words', (name, error) => {
  expect(say(name.startsWith('words') ? {} : ko, error)).toEqual({ meaning: '', words })
})

test('each is said in Korean, and is a code that the server or the studio gives', () => {
  const root = '..' // of the folder of the studio, where tests are started
  const source = ['.', 'internal']
    .flatMap((dir) =>
      readdirSync(`${root}/${dir}`, { recursive: dir !== '.', encoding: 'utf8' }).map((f) => `${dir}/${f}`),
    )
    .filter((f) => f.endsWith('.go') && !f.endsWith('_test.go'))
    .concat('web/src/api/http.ts')
    .map((f) => readFileSync(`${root}/${f}`, 'utf8').replaceAll("'", '"'))
    .join('\n')
  for (const [id, meaning] of Object.entries(ko)) {
    expect(meaning, id).not.toBe('')
    expect(source.includes(`"${id.replace('refusal.', '')}"`), `${id}: no source gives this code`).toBe(true)
  }
})
