/** Who holds how many cores, and how many they may. */
import { makeInstance } from './making.ts'
import { expect, test } from './test.ts'

const family = 'standardDSv2Family'
type Size = { family: string; quota: { used: number; limit: number; available: number }; availability: string }

test('F34: a stopped instance holds cores; a limit is set; what is over it is refused, with the same numbers', async ({
  page,
  studio,
  t,
}) => {
  await makeInstance(studio, 'ci-kim')
  await studio.open('/quota?location=fake')
  const row = page.locator(`tr[data-key="${family}"]`)
  await expect(row.getByRole('cell').nth(1)).toHaveText('4')
  await expect(row.getByRole('cell').nth(2)).toHaveText('4')
  await studio.api('POST', '/computes/ci-kim/stop')
  await expect(row.getByRole('cell').nth(2)).toHaveText('0')
  await expect(row.getByRole('cell').nth(3)).toHaveText('4')
  await expect(
    page.getByRole('link', { name: t('quota.holder.stopped', { name: 'ci-kim', cores: '4' }) }),
  ).toBeVisible()

  await page.getByRole('link', { name: t('quota.tab.configure') }).click()
  const limit = page.getByRole('textbox', { name: t('quota.new', { family }) })
  const form = page.locator('form').filter({ has: limit })
  const save = form.getByRole('button', { name: t('action.save') })
  await limit.fill('some')
  await expect(form.getByText(t('quota.bad'))).toBeVisible()
  await limit.fill('3')
  await save.click()
  await expect(form.getByText(t('quota.below'))).toBeVisible()
  await limit.fill('１０')
  await page.keyboard.press('Enter')
  await expect(page.locator('[id^=toast-title]').getByText(t('quota.saved', { family }))).toBeVisible()
  await expect(limit).toHaveValue('10')

  await page.getByRole('link', { name: t('quota.tab.usage'), exact: true }).click()
  await expect(row.getByRole('cell').nth(5)).toHaveText('10')
  const { value } = await studio.api<{ value: Size[] }>('GET', '/sizes', undefined, { location: 'fake' })
  expect(value.find((s) => s.family === family)?.quota).toEqual({ used: 4, limit: 10, available: 6 })
  const cluster = {
    computeType: 'AmlCompute',
    properties: { vmSize: 'Standard_DS3_v2', scaleSettings: { maxNodeCount: 2 } },
  }
  await expect(studio.api('PUT', '/computes/big', { location: 'fake', properties: cluster })).rejects.toThrow(
    /QuotaExceeded.*may hold 10 .*hold 4, which leaves 6/,
  )
  expect(await studio.server.cli('quota', 'list', '--location', 'fake', '--workspace', studio.ws)).toMatch(
    new RegExp(`${family} +4 +10`),
  )

  await studio.server.cli('quota', 'set', family, '4', '--location', 'fake', '--workspace', studio.ws)
  await expect(row.getByRole('cell').nth(5)).toHaveText('4')
  await page.goto(`${studio.server.base}/w/${studio.ws}/compute/new/cluster`)
  await page.getByLabel(t('wizard.field.location'), { exact: false }).selectOption('fake')
  await page.getByRole('radio', { name: t('size.all') }).check()
  await page
    .locator('summary')
    .filter({ hasText: t('size.unavailable', { n: '§' }).split('§')[0] ?? '' })
    .first()
    .click()
  await expect(page.getByText(t('reason.QuotaExceeded', { need: 4, family, free: 0 })).first()).toBeVisible()
  await page
    .locator('tr')
    .filter({ hasText: t('reason.QuotaExceeded', { need: 4, family, free: 0 }) })
    .getByRole('link', { name: t('size.quota.request') })
    .first()
    .click()
  await expect(limit).toHaveValue('4')
  await expect(page.getByRole('textbox')).toHaveCount(1)
  await page.getByLabel(t('quota.location')).selectOption('local')
  await expect(limit).toHaveValue('')
  await page.getByRole('searchbox', { name: t('quota.filter') }).fill('no such family')
  await expect(page.getByText(t('view.empty.match'))).toBeVisible()
  await expect(page).toHaveURL(/q=no/)
  await page.goBack()
  await expect(limit).toHaveValue('4')
  await studio.open('/quota?location=fake')
})
