import { act, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { allWords, TextProvider, useText } from './text.tsx'

const Title = () => <h1>{useText()('jobs.title')}</h1>

test('a page that waits for all words before the first are asked for shows none of their ids', async () => {
  const waiting = allWords()
  render(
    <TextProvider language="en" setLanguage={() => {}}>
      <Title />
    </TextProvider>,
  )
  await act(() => waiting)
  expect(screen.getByRole('heading').textContent).toBe('Jobs')
})
