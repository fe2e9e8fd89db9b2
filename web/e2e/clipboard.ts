/** What the studio copies. */
import { expect, type Page } from '@playwright/test'
import type { Words } from './words.ts'

export const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText())

/** The text of a tab of what can be copied, through the clipboard. */
export async function copied(page: Page, t: Words, form: 'cli' | 'rest' | 'sdk' | 'yaml'): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText('')) // what was copied before is not taken for this
  await page.getByRole('tab', { name: t(`copy.${form}`), exact: true }).click()
  await page.getByRole('button', { name: t('copy.button', { form: t(`copy.${form}`) }) }).click()
  await expect.poll(() => clipboard(page)).not.toBe('')
  await expect(page.getByText(t('action.copied')).first()).toBeAttached()
  return clipboard(page)
}
