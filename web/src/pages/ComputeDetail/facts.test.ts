import { expect, test } from 'vitest'
import type { Compute, SizeInfo } from '~/api/types.ts'
import { makeFormat, type Text } from '~/i18n/text.tsx'
import type { Price } from '~/modules/computePrices.ts'
import { costText } from './facts.tsx'

const t: Text = (id, values) => (id === 'money.perHour' ? `${values?.amount}/h` : id)
const cost = (price: Price, size?: object) =>
  costText(t, makeFormat('en'), { of: () => price, size: () => size as SizeInfo }, {} as Compute)

test('only machines of one’s own cost nothing; what is not known is not made up', () => {
  expect(cost('own')).toBe('money.free')
  expect(cost(0, {})).toBe('$0.00/h')
  expect(cost(1.5, {})).toBe('$1.50/h')
  expect(cost(undefined, {})).toBe('details.cost.unknown')
  expect(cost(undefined)).toBe('–')
})
