import { IntlMessageFormat } from 'intl-messageformat'
import { expect, test } from 'vitest'
import { en } from '~/i18n/en/index.ts'
import { josa } from '~/i18n/josa.ts'
import { ko } from '~/i18n/ko/index.ts'
import type { Text } from '~/i18n/text.tsx'
import { foremost, reasonText } from './reasonText.ts'

const english = ((id, values) => String(new IntlMessageFormat(en[id], 'en').format(values))) as Text
const korean = ((id, values) => josa(String(new IntlMessageFormat(ko[id], 'ko').format(values)))) as Text

test.each([
  [
    'ClusterAtMax',
    { name: 'gpu', max: '8', busy: '8', need: '1' },
    'All 8 nodes are busy.',
    '8개 노드를 모두 사용 중입니다.',
  ],
  [
    'ClusterAtMax',
    { name: 'gpu', max: '8', busy: '7', need: '2' },
    '7 of at most 8 nodes are busy; the job takes 2.',
    '최대 8개 노드 중 7개를 사용 중이며, 이 작업에는 2개가 필요합니다.',
  ],
  ['QueuedBehind', { n: '1' }, '1 job ahead.', '앞에 작업 1개가 있습니다.'],
  ['QueuedBehind', { n: '1000', more: 'true' }, 'More than 1000 jobs ahead.', '앞에 작업이 1000개 넘게 있습니다.'],
  ['ScalingUp', { n: '2', stage: 'Booting' }, '2 nodes starting (booting).', '노드 2개를 준비 중입니다(부팅 중).'],
  ['ComputeStopped', { name: 'ci-kim' }, 'ci-kim is stopped.', 'ci-kim이 중지되어 있습니다.'],
  ['ComputeFailed', { name: 'gpu', cause: 'Deleting' }, 'gpu failed: Deleting', 'gpu 실패: 삭제 중'],
])('%s is told from its figures %o', (code, params, inEnglish, inKorean) => {
  const reason = { code, params, message: 'in the server’s words' }
  expect(reasonText(english, reason)).toBe(inEnglish)
  expect(reasonText(korean, reason)).toBe(inKorean)
})

test('what is new or lacks its figures stays in the words of the server', () => {
  for (const reason of [
    { code: 'SolarFlare', message: 'The sun is loud.', params: { n: '1' } },
    { code: 'ScalingUp', message: '2 nodes are starting.', params: { n: '2' } },
    { code: 'QuotaExceeded', message: 'Too much.' },
  ]) {
    expect(reasonText(korean, reason)).toBe(reason.message)
  }
})

test('the foremost reason is the first that blocks', () => {
  const waits = { blocking: false, code: 'a' }
  const blocks = { blocking: true, code: 'b' }
  expect(foremost([waits, blocks])).toBe(blocks)
  expect(foremost([waits])).toBe(waits)
  expect(foremost([])).toBeUndefined()
})
