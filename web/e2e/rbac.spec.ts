/** Who may only read, and who may only operate computes, on every page. */
import { makeCluster, makeInstance } from './making.ts'
import { become, makeUser } from './people.ts'
import { expect, test } from './test.ts'

test.use({ expected: [/status of 403/] })

test('F35: a Reader sees every page; what they may not do is disabled with the reason', async ({ page, studio, t }) => {
  test.setTimeout(120_000)
  await makeCluster(studio, 'gpu', { min: 1 })
  await makeInstance(studio, 'ci-kim')
  await become(page, studio, await makeUser(studio, 'Reader'))
  for (const path of [
    '',
    '/compute/instances',
    '/compute/clusters',
    '/compute/inference',
    '/compute/attached',
    '/compute/kubernetes',
    '/compute/clusters/gpu/overview',
    '/compute/clusters/gpu/nodes',
    '/compute/clusters/gpu/settings',
    '/compute/instances/ci-kim/overview',
    '/compute/new/cluster?step=advanced',
    '/compute/new/instance',
    '/compute/new/attach',
    '/jobs',
    '/jobs/new',
    '/quota?location=fake&view=configure',
    '/activity',
    '/settings/keys',
    '/settings/tokens',
  ]) {
    await studio.open(path)
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
    // Connection strings of nodes are not for Readers.
    await expect(page.getByText(t('view.denied')), path).toHaveCount(path.endsWith('/nodes') ? 1 : 0)
    await expect(page.locator('[id^=toast-title]'), path).toHaveCount(0)
  }
  await studio.open('/compute/clusters')
  const fresh = page.getByRole('button', { name: t('action.new') })
  await expect(fresh).toHaveAttribute('aria-disabled', 'true')
  await fresh.hover()
  await expect(page.getByRole('tooltip').getByText(t('denied.reason', { action: 'computes/write' }))).toBeVisible()

  await studio.open('/quota?location=fake&view=configure')
  const save = page.getByRole('button', { name: t('action.save') }).first()
  await expect(save).toHaveAttribute('aria-disabled', 'true')
  const request = page.getByRole('region', { name: t('quota.request') })
  await page.getByRole('switch', { name: t('quota.all') }).click()
  await expect(request).toContainText('FAMILY')
  await page.getByRole('searchbox', { name: t('quota.filter') }).fill('dsv2')
  await expect(request).toContainText('standardDSv2Family')
  await studio.server.shell(((await request.textContent()) ?? '').replace('CORES', '40'))
  const limit = page.getByRole('textbox', { name: t('quota.new', { family: 'standardDSv2Family' }) })
  await expect(limit).toHaveValue('40')
})

test.describe('an AzureML Compute Operator', () => {
  test('F35: sees computes without live changes and without being sent away, and reads them again', async ({
    page,
    studio,
    t,
  }) => {
    await makeInstance(studio, 'ci-kim')
    await become(page, studio, await makeUser(studio, 'AzureML Compute Operator'))
    await studio.open('/compute/instances')
    const chip = page.locator('[data-freshness=denied]')
    await expect(chip).toHaveAccessibleName(t('fresh.denied'))
    await expect(page.getByRole('status').getByText(t('fresh.denied.hint'))).toHaveCount(1)
    const row = page.locator('tr[data-key="ci-kim"]')
    await expect(row).toContainText(t('state.Running'))
    await studio.api('POST', '/computes/ci-kim/stop')
    await chip.click()
    await expect(async () => {
      await chip.click()
      await expect(row).toContainText(t('state.Stopped'), { timeout: 1000 })
    }).toPass()
    await expect(page).toHaveURL(/\/compute\/instances/)

    // What they set off themselves is seen to end, though no event tells them so.
    await row.getByRole('checkbox').check()
    await page.getByRole('button', { name: t('action.start'), exact: true }).click()
    await expect(row).toContainText(t('state.Running'))
    await expect(page.getByRole('button', { name: t('shell.operations', { n: 0 }) })).toBeVisible()
    await studio.open('')
    const running = page.getByRole('region', { name: t('home.running') })
    await expect(running.getByRole('link', { name: 'ci-kim' })).toBeVisible()
    const idle = page.getByRole('region', { name: t('home.idle') })
    await expect(idle.getByText(t('home.idle.untold'))).toBeVisible()

    await studio.open('/jobs')
    await expect(page.getByText(t('view.denied'))).toBeVisible()
    await expect(page.getByText(/atelier principal create/)).toBeVisible()
    await studio.open('/activity')
    await expect(page.getByText(t('view.denied'))).toBeVisible()
    await expect(page.locator('[id^=toast-title]')).toHaveCount(0)
  })
})
