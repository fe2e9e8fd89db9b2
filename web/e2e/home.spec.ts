/** Home, and the bell that keeps what was set off. */
import { Gate, jobStatus, makeCluster, makeInstance, makeJob } from './making.ts'
import { expect, test } from './test.ts'

test('home of an empty workspace says so card by card, and where to begin', async ({ page, studio, t }) => {
  await studio.open('')
  for (const empty of ['home.running.none', 'home.waiting.none', 'home.idle.none'] as const) {
    await expect(page.getByText(t(empty))).toBeVisible()
  }
  await page.getByRole('button', { name: t('home.start.cluster') }).click()
  await expect(page).toHaveURL(/\/compute\/new\/cluster/)
  await page.goBack()
  await page.getByRole('button', { name: t('home.start.yaml') }).click()
  await expect(page).toHaveURL(/\/jobs\/new\?mode=yaml/)
  await page.goBack()
  await expect(page.getByRole('heading', { level: 1, name: t('home.title') })).toBeVisible()
})

test('F25: home says what runs, what waits and why, and leads to what helps', async ({ page, studio, t }) => {
  const door = await Gate.make()
  try {
    await makeCluster(studio, 'gpu', { max: 1 })
    await makeJob(studio, 'first', 'gpu', door.wait)
    await makeJob(studio, 'second', 'gpu', 'true')
    await studio.open('')
    const running = page.getByRole('region', { name: t('home.running') })
    await expect(running.getByRole('link', { name: 'first' })).toBeVisible()
    await expect(running.getByRole('link', { name: 'gpu' })).toBeVisible()
    const waiting = page.getByRole('region', { name: t('home.waiting') })
    await expect(waiting.getByRole('link', { name: 'second' })).toBeVisible()
    await expect(waiting.getByText(t('reason.ClusterAtMax', { max: 1 }))).toBeVisible()
    await waiting.getByRole('button', { name: t('remedy.raiseMax') }).click()
    await expect(page).toHaveURL(/\/compute\/clusters\/gpu\/settings/)
    await page.goBack()
    await door.open()
    await expect(waiting.getByText(t('home.waiting.none'))).toBeVisible({ timeout: 30_000 })
    await expect(page.getByRole('region', { name: t('home.activity') })).toContainText('jobs/second')
  } finally {
    await door.remove()
  }
})

test('home tells anew why a job waits when its compute changes', async ({ page, studio, t }) => {
  const door = await Gate.make()
  try {
    await makeCluster(studio, 'gpu', { max: 3 })
    await makeJob(studio, 'first', 'gpu', door.wait)
    await expect.poll(() => jobStatus(studio, 'first'), { timeout: 30_000 }).toBe('Running')
    await makeJob(studio, 'wide', 'gpu', 'true', 3)
    await studio.open('')
    const waiting = page.getByRole('region', { name: t('home.waiting') })
    await expect(waiting.getByText(t('reason.ClusterNearMax', { busy: 1, max: 3, need: 3 }))).toBeVisible()
    await studio.api('PATCH', '/computes/gpu', { properties: { properties: { scaleSettings: { maxNodeCount: 2 } } } })
    await expect(waiting.getByText(t('reason.SizeMismatch', { need: 3, name: 'gpu', max: 2 }))).toBeVisible()
  } finally {
    await door.open()
    await door.remove()
  }
})

test('F26: what idles is stopped by one click, and started again for a job that waits', async ({ page, studio, t }) => {
  await makeInstance(studio, 'ci-kim')
  await studio.open('')
  const idle = page.getByRole('region', { name: t('home.idle') })
  await idle.getByRole('button', { name: t('home.idle.stop', { name: 'ci-kim' }) }).click()
  await expect(idle.getByText(t('home.idle.none'))).toBeVisible()

  const bell = page.getByRole('button', { name: t('shell.operations', { n: 0 }) })
  await bell.click()
  const tray = page.getByRole('dialog', { name: t('operations.title') })
  await expect(tray.getByRole('listitem')).toContainText(t('operations.verb.stop'))
  await expect(tray.getByRole('link', { name: 'ci-kim' })).toBeVisible()
  await page.reload()
  await expect(idle.getByText(t('home.idle.none'))).toBeVisible()
  await bell.click()
  await expect(tray.getByRole('listitem')).toHaveCount(1)
  await tray.getByRole('button', { name: t('operations.clear') }).click()
  await expect(tray.getByText(t('operations.none'))).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(tray).toHaveCount(0)

  await makeJob(studio, 'train', 'ci-kim', 'true')
  const waiting = page.getByRole('region', { name: t('home.waiting') })
  await expect(waiting.getByText(t('reason.ComputeStopped', { name: 'ci-kim' }))).toBeVisible()
  await waiting.getByRole('button', { name: t('remedy.startAndContinue') }).click()
  await expect(waiting.getByText(t('home.waiting.none'))).toBeVisible({ timeout: 30_000 })
  await expect.poll(() => jobStatus(studio, 'train'), { timeout: 30_000 }).toBe('Completed')
})
