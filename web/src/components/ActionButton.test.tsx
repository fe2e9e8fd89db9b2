import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { ActionButton } from './ActionButton.tsx'

afterEach(cleanup)

test('a button that can no longer be used keeps the focus, and says why', () => {
  const { rerender } = render(<ActionButton>Stop</ActionButton>)
  const button = screen.getByRole('button', { name: 'Stop' })
  button.focus()
  rerender(<ActionButton denied="It is stopped.">Stop</ActionButton>)
  expect(document.activeElement).toBe(button)
  expect(button.getAttribute('aria-disabled')).toBe('true')
  const described = document.getElementById(button.getAttribute('aria-describedby') ?? '')
  expect(described?.textContent).toBe('It is stopped.')
  rerender(<ActionButton>Stop</ActionButton>)
  expect(document.activeElement).toBe(button)
  expect(button.getAttribute('aria-disabled')).toBeNull()
  expect(button.getAttribute('aria-describedby')).toBeNull()
})
