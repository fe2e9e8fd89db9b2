/** The command palette and single keys, also with a Korean input method. */
import type { Page } from '@playwright/test'
import { makeInstance } from './making.ts'
import { become, makeUser } from './people.ts'
import { eventually } from './server.ts'
import { expect, test } from './test.ts'
import type { Words } from './words.ts'

const box = (page: Page, t: Words) => page.getByRole('combobox', { name: t('palette.title') })

/** A key as a Korean input method hands it on outside of fields: "Process" on some systems, a letter of Hangul on others. */
const hangulKey = (page: Page, code: string, key: string) =>
  page.evaluate(
    ([code, key]) =>
      document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { code, key, keyCode: 229, bubbles: true, cancelable: true } as KeyboardEventInit),
      ),
    [code, key] as const,
  )

test('F36: the palette navigates and acts', async ({ page, studio, t }) => {
  await makeInstance(studio, 'ci-kim')
  await studio.open('')
  await page.keyboard.press('Control+K')
  await expect(box(page, t)).toBeFocused()
  await page.keyboard.type(t('quota.title'))
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: t('quota.title') })).toBeVisible()
  await expect(box(page, t)).toBeHidden()

  await page.getByRole('button', { name: t('shell.search') }).click()
  await box(page, t).fill('ci-kim')
  const options = page.getByRole('option')
  await expect(options).toHaveCount(2)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await expect(options.last()).toHaveAttribute('aria-selected', 'true')
  await box(page, t).fill(t('palette.stop', { name: 'ci-kim' }))
  await page.keyboard.press('Enter')
  await eventually('ci-kim stops', async () => {
    const c = await studio.api<{ properties: { properties: { state: string } } }>('GET', '/computes/ci-kim')
    return c.properties.properties.state === 'Stopped'
  })
  await page.keyboard.press('Control+K')
  await box(page, t).fill('ci-kim')
  await expect(page.getByRole('option', { name: t('palette.start', { name: 'ci-kim' }) })).toBeVisible()
  await box(page, t).fill('§')
  await expect(page.getByText(t('palette.none', { q: '§' }))).toBeVisible()
  await box(page, t).fill('')
})

test('F36: what one may not do is there with the reason, and does nothing', async ({ page, studio, t }) => {
  await become(page, studio, await makeUser(studio, 'Reader'))
  await studio.open('')
  await page.keyboard.press('Control+K')
  await box(page, t).fill(t('palette.new.cluster'))
  const option = page.getByRole('option', { name: t('palette.new.cluster') })
  await expect(option).toHaveAttribute('aria-disabled', 'true')
  await expect(option).toContainText(t('denied.reason', { action: 'computes/write' }))
  await page.keyboard.press('Enter')
  await option.click({ force: true })
  await expect(box(page, t)).toBeVisible()
  await expect(page).toHaveURL((url) => url.pathname === `/w/${studio.ws}`)
})

test('F36: single keys work with a Korean input method, not in fields, and can be switched off', async ({
  page,
  studio,
  t,
}) => {
  await become(page, studio, await makeUser(studio, 'Reader'))
  await studio.open('')
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(page.getByRole('heading', { level: 1, name: t('compute.title') })).toBeVisible()
  await hangulKey(page, 'KeyG', 'ㅎ')
  await hangulKey(page, 'KeyQ', 'ㅂ')
  await expect(page.getByRole('heading', { level: 1, name: t('quota.title') })).toBeVisible()
  await hangulKey(page, 'KeyG', 'Process')
  await hangulKey(page, 'KeyJ', 'Process')
  await expect(page.getByRole('heading', { level: 1, name: t('jobs.title') })).toBeVisible()

  await page.keyboard.press('Control+K')
  await expect(box(page, t)).toBeFocused()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Input.imeSetComposition', { text: '활도', selectionStart: 2, selectionEnd: 2 })
  await page.evaluate(() =>
    document.activeElement?.dispatchEvent(
      new KeyboardEvent('keydown', {
        key: 'Enter',
        code: 'Enter',
        keyCode: 229,
        isComposing: true,
        bubbles: true,
      } as KeyboardEventInit),
    ),
  )
  await expect(box(page, t)).toHaveValue('활도')
  await cdp.send('Input.insertText', { text: '활동' })
  await expect(box(page, t)).toHaveValue('활동')
  await box(page, t).fill('gc')
  await expect(page.getByRole('heading', { level: 1, name: t('jobs.title'), includeHidden: true })).toBeVisible()
  await page.keyboard.press('Escape')

  await studio.open('/settings/shortcuts')
  const on = page.getByRole('switch', { name: t('shortcuts.on') })
  await expect(on).toBeChecked()
  const saved = page.waitForResponse((r) => r.url().includes('/me/profile') && r.request().method() === 'PUT')
  await on.uncheck()
  await saved
  await page.reload()
  await expect(on).not.toBeChecked()
  await page.getByRole('heading', { level: 1 }).focus()
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await page.keyboard.press('Control+K')
  await expect(box(page, t)).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/settings\/shortcuts$/)
})
