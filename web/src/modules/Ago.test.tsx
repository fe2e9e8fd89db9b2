import { render } from '@testing-library/react'
import { IntlProvider } from 'react-intl'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { When } from './Ago.tsx'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-29T12:00:00') })
})
afterEach(() => {
  vi.useRealTimers()
})

const words = (at: string, brief?: boolean) =>
  render(
    <IntlProvider locale="en">
      <When at={new Date(at).toISOString()} brief={brief ?? false} />
    </IntlProvider>,
  ).container.textContent

test('of what is older than a day the date is told', () => {
  expect(words('2026-11-29T10:41:02')).toBe('10:41:02 · 1 hour ago')
  expect(words('2026-11-29T10:41:02', true)).toBe('10:41:02')
  expect(words('2026-11-20T10:41:02', true)).toBe('Nov 20, 2026')
  expect(words('2026-11-20T10:41:02')).toMatch(/^Nov 20, 2026, 10:41:02.AM$/)
})
