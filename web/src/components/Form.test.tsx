import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { Form } from './Form.tsx'

afterEach(cleanup)

const enter = (how: object) => fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter', ...how })

test('an Enter that ends a composition does not send the form, and is none of its keys', () => {
  const heard = vi.fn()
  render(
    <Form onSubmit={() => {}} onKeyDown={heard}>
      <input />
    </Form>,
  )
  // fireEvent is false when the default, which is to send, was prevented.
  expect(enter({ isComposing: true })).toBe(false)
  expect(enter({ keyCode: 229 })).toBe(false)
  expect(heard).not.toHaveBeenCalled()
  expect(enter({ keyCode: 13 })).toBe(true)
  expect(heard).toHaveBeenCalledOnce()
})

test('every form is one of these', () => {
  const files = import.meta.glob<string>('../**/*.tsx', { query: '?raw', import: 'default', eager: true })
  const plain = Object.entries(files).filter(([, text]) => text.includes('<form'))
  expect(plain.map(([name]) => name.replace(/^.*\//, ''))).toEqual(['Form.tsx'])
})

test('what is sent stays on the page', () => {
  const sent = vi.fn()
  render(
    <Form onSubmit={sent}>
      <input />
    </Form>,
  )
  expect(fireEvent.submit(screen.getByRole('textbox').closest('form') as HTMLFormElement)).toBe(false)
  expect(sent).toHaveBeenCalledOnce()
})
