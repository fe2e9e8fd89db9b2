/** The compute list when it is very long, and when the screen is narrow. */
import type { Page } from '@playwright/test'
import { clipboard } from './clipboard.ts'
import { makeCluster } from './making.ts'
import { expect, test } from './test.ts'

const row = (page: Page, name: string) => page.locator(`tr[data-key="${name}"]`)

async function sixteenAtOnce(names: string[], f: (name: string) => Promise<unknown>): Promise<void> {
  const left = [...names]
  const worker = async () => {
    for (let name = left.shift(); name; name = left.shift()) await f(name)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

test('a thousand computes are found and scrolled at once', async ({ page, studio, t }, info) => {
  test.skip(info.project.name === 'ko', 'makes a thousand computes: once is enough')
  test.setTimeout(180_000)
  const all = Array.from({ length: 1000 }, (_, i) => `c-n${String(i).padStart(4, '0')}`)
  await sixteenAtOnce(all, (name) => makeCluster(studio, name, { max: 1, size: 'Standard_DS1_v2' }))
  await studio.open('/compute/clusters')
  await expect(page.getByText(t('compute.count', { n: 1000 }))).toBeVisible()
  expect(await page.locator('tr[data-key]').count()).toBeLessThan(120)

  const table = page.getByRole('region', { name: t('compute.tab.clusters') })
  await table.evaluate((e) => e.scrollTo(0, e.scrollHeight))
  await expect(row(page, 'c-n0999')).toBeInViewport()

  await page.getByRole('searchbox', { name: t('compute.filter') }).fill('n0777')
  await expect(page.getByRole('rowheader')).toHaveText(['c-n0777'])
  await page.getByRole('searchbox', { name: t('compute.filter') }).fill('')
  await expect(page.getByText(t('compute.count', { n: 1000 }))).toBeVisible()
  // The time from a letter to what it leaves of the list, without what the browser takes to paint.
  const took = await page.evaluate(async () => {
    const box = document.querySelector<HTMLInputElement>('input[type="search"]')
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
    const begin = performance.now()
    set?.call(box, 'n0123')
    box?.dispatchEvent(new Event('input', { bubbles: true }))
    while (document.querySelectorAll('tr[data-key]').length !== 1) await new Promise(requestAnimationFrame)
    return performance.now() - begin
  })
  expect(took, 'milliseconds to filter').toBeLessThan(500)
  await sixteenAtOnce(all, (name) =>
    studio.api('DELETE', `/computes/${name}`, undefined, { underlyingResourceAction: 'Delete' }),
  )
  await expect(page.getByRole('heading', { name: t('compute.empty.clusters') })).toBeVisible({ timeout: 60_000 })
})

test('on a narrow screen each compute is a card that can be acted on', async ({ page, studio, t }) => {
  await makeCluster(studio, 'cpu')
  await page.setViewportSize({ width: 390, height: 800 })
  await studio.open('/compute/clusters')
  const card = row(page, 'cpu')
  await expect(card.getByRole('link', { name: 'cpu' })).toBeVisible()
  await expect(card.locator('[data-state]')).toBeVisible()
  await expect(card.getByRole('img')).toBeVisible()
  const box = await card.boundingBox()
  expect(box?.width).toBeLessThanOrEqual(390)
  await card.getByRole('button', { name: t('action.moreFor', { name: 'cpu' }) }).click()
  await page.getByRole('menuitem', { name: t('action.copyCli') }).click()
  await expect.poll(() => clipboard(page)).toBe(`atelier compute show cpu --workspace ${studio.ws}`)
})
