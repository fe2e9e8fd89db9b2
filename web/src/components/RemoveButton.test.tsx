import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, expect, test } from 'vitest'
import { RemoveButton } from './RemoveButton.tsx'

afterEach(cleanup)

function Names() {
  const [names, setNames] = useState(['a', 'b', 'c'])
  return (
    <div data-rows="">
      {names.map((n) => (
        <RemoveButton key={n} label={n} onRemove={() => setNames(names.filter((x) => x !== n))} />
      ))}
      <button type="button">add</button>
    </div>
  )
}

const focused = () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent

test('the keyboard goes on at the next row, and from the last one at what adds another', () => {
  render(<Names />)
  fireEvent.click(screen.getByRole('button', { name: 'a' }))
  expect(focused()).toBe('b')
  fireEvent.click(screen.getByRole('button', { name: 'c' }))
  expect(focused()).toBe('add')
  fireEvent.click(screen.getByRole('button', { name: 'b' }))
  expect(focused()).toBe('add')
})
