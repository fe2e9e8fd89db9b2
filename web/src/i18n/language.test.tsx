import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import type { Language } from './catalogue.ts'
import { TextProvider, useText } from './text.tsx'

const Title = () => <h1>{useText()('signin.title')}</h1>
const page = (language: Language) => (
  <TextProvider language={language} setLanguage={() => {}}>
    <Title />
  </TextProvider>
)

test('another language shows though no page has been drawn with its data yet', async () => {
  const { rerender } = render(page('en'))
  const english = (await screen.findByRole('heading')).textContent
  rerender(page('ko'))
  const korean = await screen.findByText(/로그인/)
  expect(korean.textContent).not.toBe(english)
  rerender(page('en'))
  expect((await screen.findByText(english ?? '')).textContent).toBe(english)
})
