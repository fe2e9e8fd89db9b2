/** What is around every page: language and theme, the navigation, and that all of it fits. */
import type { Page } from '@playwright/test'
import { makeCluster, makeInstance } from './making.ts'
import { become, makeUser } from './people.ts'
import { expect, test } from './test.ts'
import { words } from './words.ts'

test('F02: language and theme are chosen without reading the page again, and kept', async ({
  page,
  studio,
  t,
  browser,
}, info) => {
  const person = await makeUser(studio, 'Reader')
  await become(page, studio, person)
  await studio.open('/compute/clusters')
  await expect(page.locator('[data-freshness=live]')).toBeVisible()
  await expect(page.locator('main [aria-busy=true]')).toHaveCount(0)
  await expect(page.getByRole('button', { name: t('shell.theme') })).toBeEnabled()
  const other = info.project.name === 'ko' ? 'en' : 'ko'
  const say = words(other)
  const asked: string[] = []
  page.on('request', (r) => asked.push(new URL(r.url()).pathname))
  // What the page asks for to begin with is asked by then: a stream that begins later than it has it ask again.
  await expect(async () => {
    asked.length = 0
    await page.waitForTimeout(500)
    expect(asked).toEqual([])
  }).toPass()
  await page.getByRole('button', { name: t('shell.language') }).click()
  await page.getByRole('menuitemradio', { name: other === 'ko' ? '한국어' : 'English' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', other)
  await expect(page.getByRole('heading', { level: 1, name: say('compute.title') })).toBeVisible()
  await page.getByRole('button', { name: say('shell.theme') }).click()
  await page.getByRole('menuitemradio', { name: say('shell.theme.dark') }).click()
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark')
  expect(asked.filter((p) => p.startsWith('/subscriptions/'))).toEqual([])

  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', other)
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark')
  await expect(page.getByRole('navigation', { name: say('nav.label') })).toBeVisible()

  const elsewhere = await browser.newContext({ ignoreHTTPSErrors: true, locale: info.project.use.locale ?? 'en-US' })
  const there = await elsewhere.newPage()
  await become(there, studio, person)
  await there.goto(`${studio.server.base}/w/${studio.ws}/quota`)
  await expect(there.getByRole('heading', { level: 1, name: say('quota.title') })).toBeVisible()
  await expect(there.locator('html')).toHaveCSS('color-scheme', 'dark')
  await elsewhere.close()
})

const pages = [
  '',
  '/compute/instances',
  '/compute/clusters',
  '/compute/inference',
  '/compute/attached',
  '/compute/kubernetes',
  '/compute/clusters/gpu/overview',
  '/compute/clusters/gpu/nodes',
  '/compute/clusters/gpu/settings',
  '/compute/clusters/gpu/events',
  '/compute/instances/ci-kim/overview',
  '/compute/new/cluster',
  '/compute/new/cluster?step=advanced',
  '/compute/new/instance',
  '/compute/new/inference',
  '/compute/new/attach',
  '/jobs',
  '/jobs/new',
  '/quota?location=fake',
  '/quota?location=fake&view=configure',
  '/activity',
  '/settings/appearance',
  '/settings/keys',
  '/settings/tokens',
  '/settings/shortcuts',
  '/settings/password',
  '/no-such-page',
]

/** How much wider than the screen the page is; tables, logs and charts scroll by themselves. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

test.describe('F38', () => {
  test.setTimeout(180_000)

  test('every page fits narrow, wide and enlarged screens', async ({ page, studio }) => {
    await makeCluster(studio, 'gpu', { min: 1 })
    await makeInstance(studio, 'ci-kim')
    const found: string[] = []
    for (const path of pages) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await studio.open(path)
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
      // 640 is a screen of 1280 at 200 %.
      for (const width of [1280, 768, 640, 390, 320]) {
        await page.setViewportSize({ width, height: 900 })
        try {
          await expect.poll(() => overflow(page), { timeout: 2000 }).toBeLessThanOrEqual(1) // charts follow in a moment
        } catch {
          found.push(`${path || '/'} at ${width}: ${await overflow(page)} px too wide`)
        }
      }
    }
    expect(found).toEqual([])
  })

  test('the navigation of a narrow screen opens over the page, has the focus, and closes', async ({
    page,
    studio,
    t,
  }) => {
    await page.setViewportSize({ width: 390, height: 800 })
    await studio.open('/quota')
    const nav = page.getByRole('navigation', { name: t('nav.label') })
    await expect(nav).toBeHidden()
    const open = page.getByRole('button', { name: t('nav.open') })
    await open.click()
    await expect(nav.getByRole('link').first()).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(nav).toBeHidden()
    await expect(open).toBeFocused()
    await page.keyboard.press('Enter')
    await nav.getByRole('link', { name: t('nav.activity') }).click()
    await expect(page.getByRole('heading', { level: 1, name: t('activity.title') })).toBeFocused()
    await expect(nav).toBeHidden()
  })

  test('who wants less motion or their own colours gets them, and the keyboard skips to the page', async ({
    page,
    studio,
    t,
  }) => {
    await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' })
    await studio.open('/quota?location=fake')
    await page.getByRole('button', { name: t('shell.theme') }).click()
    const menu = page.getByRole('menu')
    await expect(menu).toBeVisible()
    const longest = await menu.evaluate((e) =>
      Math.max(
        ...e.getAnimations({ subtree: true }).map((a) => Number(a.effect?.getComputedTiming().duration ?? 0)),
        0,
      ),
    )
    expect(longest).toBeLessThanOrEqual(50)
    await page.keyboard.press('Escape')
    const skip = page.getByRole('link', { name: t('app.skip') })
    await expect(skip).not.toBeInViewport()
    await skip.focus()
    await expect(skip).toBeInViewport()
    await page.keyboard.press('Enter')
    await expect(page.locator('main')).toBeFocused()
    await page.emulateMedia({ forcedColors: 'none' }) // contrast of the system's colours is not ours to measure
  })
})
