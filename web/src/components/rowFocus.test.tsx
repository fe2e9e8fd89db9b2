import { cleanup, render, screen } from '@testing-library/react'
import { useRef } from 'react'
import { afterEach, expect, test } from 'vitest'
import { useRowFocus } from './rowFocus.ts'

afterEach(cleanup)

function Table({ names, links = true }: { names: string[]; links?: boolean }) {
  const body = useRef<HTMLTableSectionElement>(null)
  useRowFocus(body, names)
  return (
    <section aria-label="table" tabIndex={-1}>
      <table>
        <tbody ref={body}>
          {names.map((n, i) => (
            <tr key={n} data-key={n} data-index={i}>
              <td>
                {links && <a href={`#${n}`}>{n}</a>}
                <button type="button">remove {n}</button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button">other</button>
    </section>
  )
}

const remove = (name: string) => screen.getByRole('button', { name: `remove ${name}` })
const link = (name: string) => screen.getByRole('link', { name })

test('the keyboard goes on at the row that takes the place of the one that went', () => {
  const { rerender } = render(<Table names={['a', 'b', 'c']} />)
  remove('b').focus()
  rerender(<Table names={['a', 'c']} />)
  expect(document.activeElement).toBe(link('c'))
  rerender(<Table names={['a']} />)
  expect(document.activeElement).toBe(link('a'))
})

test('it goes to the table where the next row has nothing that is safe to press', () => {
  const { rerender } = render(<Table names={['a', 'b']} links={false} />)
  remove('a').focus()
  rerender(<Table names={['b']} links={false} />)
  expect(document.activeElement).toBe(screen.getByRole('region', { name: 'table' }))
})

test('it stays where it is when another row goes, or when it is elsewhere', () => {
  const { rerender } = render(<Table names={['a', 'b', 'c']} />)
  remove('b').focus()
  rerender(<Table names={['b', 'c']} />)
  expect(document.activeElement).toBe(remove('b'))
  screen.getByRole('button', { name: 'other' }).focus()
  rerender(<Table names={['c']} />)
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'other' }))
})
