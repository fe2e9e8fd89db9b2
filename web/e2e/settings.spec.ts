/** What is the caller's own: keys, tokens, password; and the activity log's filters. */
import { request } from '@playwright/test'
import { clipboard } from './clipboard.ts'
import { become, makeUser } from './people.ts'
import { workspacePath } from './server.ts'
import { expect, test } from './test.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kim@laptop'

test.describe('settings', () => {
  test.use({ expected: [/status of (403|500)/] })

  test('public keys are added and removed, and private ones refused', async ({ page, studio, t }) => {
    await become(page, studio, await makeUser(studio, 'Reader'))
    await studio.open('/settings/keys')
    await expect(page.getByRole('heading', { name: t('keys.none') })).toBeVisible()
    const text = page.getByRole('textbox', { name: t('keys.public') })
    const add = page.getByRole('button', { name: t('keys.add') })
    await text.fill('-----BEGIN OPENSSH PRIVATE KEY-----')
    await expect(page.getByText(t('keys.private'))).toBeVisible()
    await expect(add).toHaveAttribute('aria-disabled', 'true')
    await text.fill('ssh-ed25519 nonsense')
    await expect(page.getByText(t('keys.bad'))).toBeVisible()
    await text.fill(key)
    await add.click()
    const row = page.locator('tr[data-key="kim@laptop"]')
    await expect(row).toContainText('SHA256:')
    await page.reload()
    await expect(row).toBeVisible()
    await page.getByRole('button', { name: t('keys.remove', { name: 'kim@laptop' }) }).click()
    await expect(row).toHaveCount(0)
  })

  test('a token is shown once, signs in, and is revoked', async ({ page, studio, t }) => {
    await become(page, studio, await makeUser(studio, 'Reader'))
    await studio.open('/settings/tokens')
    await page.getByRole('textbox', { name: t('tokens.name') }).fill('ci')
    const days = page.getByRole('textbox', { name: t('tokens.days') })
    await days.fill('400')
    await expect(page.getByText(t('tokens.days.bad'))).toBeVisible()
    await days.fill('７')
    // What is shown once stays when the list cannot be read anew.
    const list = /\/me\/tokens\?/
    await page.route(list, (r) => (r.request().method() === 'GET' ? r.fulfill({ status: 500 }) : r.continue()))
    await page.keyboard.press('Enter')
    const shown = page.getByRole('region', { name: t('tokens.once') })
    await expect(page.getByText(t('view.error'))).toBeVisible()
    await expect(shown).toContainText('atp_')
    await page.unroute(list)
    await page.getByRole('button', { name: t('action.retry') }).click()
    await expect(page.getByText(t('view.error'))).toHaveCount(0)
    const token = ((await shown.textContent()) ?? '').trim()
    await page.getByRole('button', { name: t('tokens.copy') }).click()
    await expect.poll(() => clipboard(page)).toBe(token)
    await studio.server.api('GET', workspacePath(studio.ws), undefined, {}, token)
    await page.reload()
    await expect(page.locator('tr').filter({ hasText: 'ci' })).toBeVisible()
    await expect(page.getByText(token)).toHaveCount(0)
    const revoke = page.getByRole('button', { name: t('tokens.revoke', { name: 'ci' }) })
    await expect(revoke).toHaveText(t('action.revoke'))
    await revoke.click()
    const asked = page.getByRole('alertdialog').or(page.getByRole('dialog'))
    await asked.getByRole('button', { name: t('action.revoke') }).click()
    await expect(page.getByRole('heading', { name: t('tokens.none') })).toBeVisible()
    await expect(studio.server.api('GET', workspacePath(studio.ws), undefined, {}, token)).rejects.toThrow(/401/)
  })

  test('the password is changed by who knows it, and is what signs in then', async ({ page, studio, t }) => {
    const person = await makeUser(studio, 'Reader')
    await become(page, studio, person)
    await studio.open('/settings/password')
    const [old, fresh, again] = ['password.old', 'password.new', 'password.again'].map((id) =>
      page.getByLabel(t(id as 'password.old'), { exact: true }),
    ) as [ReturnType<typeof page.getByLabel>, ReturnType<typeof page.getByLabel>, ReturnType<typeof page.getByLabel>]
    const set = page.getByRole('button', { name: t('password.set') })
    await fresh.fill('too short')
    await expect(page.getByText(t('password.short', { n: 9 }))).toBeVisible()
    await fresh.fill('battery staple')
    await again.fill('battery stable')
    await expect(page.getByText(t('password.different'))).toBeVisible()
    await again.fill('battery staple')
    await old.fill('not this one')
    await set.click()
    await expect(page.getByText(t('settings.notSaved'))).toBeVisible()
    await expect(page.locator('form')).toContainText(t('refusal.WrongPassword'))
    await old.fill(person.password)
    await set.click()
    await expect(page.locator('[id^=toast-title]').getByText(t('password.done'))).toBeVisible()
    await expect(old).toHaveValue('')
    await become(page, studio, { name: person.name, password: 'battery staple' })
    const plain = await request.newContext({ ignoreHTTPSErrors: true })
    const refused = await plain.post(`${studio.server.base}/signin`, {
      data: { user: person.name, password: person.password },
      headers: { Origin: studio.server.base, Accept: 'application/json' },
    })
    expect(refused.status()).toBe(403)
    await plain.dispose()
  })
})

test('filters of the activity log are in the address', async ({ page, studio, t }) => {
  await studio.api('PUT', '/computes/one', {
    location: 'fake',
    properties: {
      computeType: 'AmlCompute',
      properties: { vmSize: 'Standard_DS3_v2', scaleSettings: { maxNodeCount: 1 } },
    },
  })
  await studio.api('PUT', '/computes/two', {
    location: 'fake',
    properties: {
      computeType: 'AmlCompute',
      properties: { vmSize: 'Standard_DS3_v2', scaleSettings: { maxNodeCount: 1 } },
    },
  })
  await studio.open('/activity')
  const table = page.getByRole('table', { name: t('event.table') })
  await expect(table.getByRole('link', { name: 'computes/one' }).first()).toBeVisible()
  await page.getByLabel(t('activity.target'), { exact: true }).fill('computes/two')
  await page.keyboard.press('Enter')
  await page.getByLabel(t('activity.verb'), { exact: true }).selectOption('created')
  await expect(page).toHaveURL(/target=computes%2Ftwo|target=computes\/two/)
  await expect(page).toHaveURL(/verb=created/)
  await expect(table.getByRole('link', { name: 'computes/one' })).toHaveCount(0)
  await expect(table.getByRole('row')).toHaveCount(2)
  await page.reload()
  await expect(page.getByLabel(t('activity.target'), { exact: true })).toHaveValue('computes/two')
  await expect(table.getByRole('row')).toHaveCount(2)
  await studio.api('DELETE', '/computes/two', undefined, { underlyingResourceAction: 'Delete' })
  await page.getByLabel(t('activity.verb'), { exact: true }).selectOption('deleted')
  await expect(table.getByRole('link', { name: 'computes/two' }).first()).toBeVisible()
  await page.getByLabel(t('activity.actor'), { exact: true }).fill('nobody')
  await page.keyboard.press('Enter')
  await expect(page.getByText(t('view.empty.match'))).toBeVisible()
  await page.getByRole('button', { name: t('action.clearFilters') }).click()
  await expect(page).toHaveURL(/activity$/)
  await expect(page.getByLabel(t('activity.actor'), { exact: true })).toHaveValue('')
  await expect(table.getByRole('link', { name: 'computes/one' }).first()).toBeVisible()
})
