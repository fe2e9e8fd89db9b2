import { expect, test } from './test.ts'

test('F02: language and theme are chosen and kept', async ({ page, studio, t }) => {
  await studio.open('/')
  await expect(page.getByRole('navigation', { name: t('nav.label') })).toBeVisible()
})
