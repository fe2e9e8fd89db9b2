/** The compute list: empty tabs, what the address keeps, what can be done with one and with many, who may not. */
import type { Page } from '@playwright/test'
import { computeTabs } from '../src/modules/computeKinds.ts'
import { makeCluster, makeInstance, makeJob } from './making.ts'
import type { Server } from './server.ts'
import { expect, test } from './test.ts'

const size = 'Standard_DS3_v2'

const row = (page: Page, name: string) => page.locator(`tr[data-key="${name}"]`)

test('F03: an empty tab says what would be there, offers to create it, and shows the command line', async ({
  page,
  studio,
  server,
  t,
}) => {
  for (const tab of computeTabs) {
    await studio.open(`/compute/${tab}`)
    await expect(page.getByRole('heading', { name: t(`compute.empty.${tab}`) })).toBeVisible()
    await expect(page.getByText(t(`compute.empty.${tab}.help`))).toBeVisible()
    const line = (await page.getByRole('region', { name: t('compute.cli') }).textContent()) ?? ''
    await server.shell(line)
    await expect(page.getByRole('row')).toHaveCount(2)
    await expect(page.getByRole('link', { name: new RegExp(`^${t(`compute.tab.${tab}`)} ?1$`) })).toBeVisible()
    await expect(page.getByRole('button', { name: t('action.new') })).toBeVisible()
  }
  await server.removeComputes(studio.ws)
  await expect(page.getByRole('heading', { name: t('compute.empty.kubernetes') })).toBeVisible()
  await page.getByRole('button', { name: t('action.create') }).click()
  await expect(page).toHaveURL(/\/compute\/new\/attach-kubernetes/)
  await page.goBack()
  await expect(page.getByRole('button', { name: t('action.create') })).toBeVisible()
})

test('F03: the key N creates, unless it is typed or composed', async ({ page, studio, t }) => {
  await makeCluster(studio, 'cpu')
  await studio.open('/compute/clusters')
  const box = page.getByRole('searchbox', { name: t('compute.filter') })
  await expect(row(page, 'cpu')).toBeVisible()
  await page.keyboard.press('/')
  await expect(box).toBeFocused()
  await page.keyboard.type('cpn')
  await expect(page.getByText(t('view.empty.match'))).toBeVisible()
  await expect(page).toHaveURL(/\/compute\/clusters\?q=cpn$/)
  await page.getByRole('button', { name: t('action.clearFilters') }).click()
  await expect(row(page, 'cpu')).toBeVisible()
  await expect(page).toHaveURL(/\/compute\/clusters$/)
  await page.getByRole('heading', { level: 1 }).click()
  // With a Korean input method the key N gives ㅜ.
  await page.evaluate(() => {
    const press = (init: KeyboardEventInit) =>
      document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyN', bubbles: true, ...init }))
    press({ key: 'Process', isComposing: true })
  })
  await expect(page).toHaveURL(/\/compute\/clusters$/)
  await page.evaluate(() =>
    document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyN', key: 'ㅜ', bubbles: true })),
  )
  await expect(page).toHaveURL(/\/compute\/new\/cluster/)
  await page.goBack()
  await expect(row(page, 'cpu')).toBeVisible()
})

test('F37: filters, order and columns are in the address, for others and for going back', async ({
  page,
  browser,
  studio,
  server,
  t,
}) => {
  await makeCluster(studio, 'alpha', { size: 'Standard_DS1_v2' })
  await makeCluster(studio, 'beta')
  await makeCluster(studio, 'gamma')
  await studio.open('/compute/clusters')
  const names = () => page.getByRole('rowheader').allTextContents()
  await expect.poll(names).toEqual(['alpha', 'beta', 'gamma'])

  await page.getByRole('button', { name: t('compute.column.name') }).click()
  await expect.poll(names).toEqual(['gamma', 'beta', 'alpha'])
  await expect(page).toHaveURL(/sort=-name/)

  await page.getByRole('button', { name: t('compute.addFilter') }).click()
  await page.getByRole('menuitemcheckbox', { name: new RegExp(`^${size}`) }).click()
  await page.keyboard.press('Escape')
  await expect.poll(names).toEqual(['gamma', 'beta'])
  const chip = t('compute.chip', { field: t('compute.column.size'), value: size })
  await expect(page.getByRole('button', { name: t('compute.chip.remove', { chip }) })).toBeVisible()

  await page.getByRole('button', { name: t('table.columns') }).click()
  await page.getByRole('menuitemcheckbox', { name: t('compute.column.jobs') }).click()
  await page.getByRole('menuitemcheckbox', { name: t('compute.column.location') }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('columnheader', { name: t('compute.column.location') })).toBeVisible()
  await expect(page.getByRole('columnheader', { name: t('compute.column.jobs') })).toHaveCount(0)

  await page.getByRole('searchbox', { name: t('compute.filter') }).fill('gam')
  await expect.poll(names).toEqual(['gamma'])
  await expect(page).toHaveURL(/q=gam/)
  await expect(page.getByText(t('compute.countOf', { n: 1, all: 3 }))).toBeVisible()

  const other = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: t('nav.home') === 'Home' ? 'en-US' : 'ko-KR',
  })
  const there = await other.newPage()
  await there.request.post(`${server.base}/signin`, {
    data: { token: server.token },
    headers: { Accept: 'application/json', Origin: server.base, 'Sec-Fetch-Site': 'same-origin' },
  })
  await there.goto(page.url())
  await expect(there.getByRole('rowheader')).toHaveText(['gamma'])
  await expect(there.getByRole('columnheader', { name: t('compute.column.location') })).toBeVisible()
  await expect(there.getByRole('columnheader', { name: t('compute.column.jobs') })).toHaveCount(0)
  await other.close()

  // What is typed replaces the address; each choice is a step to go back to: the two columns, the filter, the order.
  await page.goBack()
  await page.goBack()
  await expect(page.getByRole('columnheader', { name: t('compute.column.jobs') })).toBeVisible()
  await expect.poll(names).toEqual(['gamma', 'beta'])
  await page.goBack()
  await expect.poll(names).toEqual(['gamma', 'beta', 'alpha'])
  await page.goForward()
  await expect.poll(names).toEqual(['gamma', 'beta'])
})

test.describe('refusals', () => {
  test.use({ expected: [/status of 404/] })

  test('F14: what was asked shows as asked, then as it is; a refusal is told and nothing is made up', async ({
    page,
    studio,
    t,
  }) => {
    await makeInstance(studio, 'ci-kim')
    await studio.open('/compute/instances')
    const state = row(page, 'ci-kim').locator('[data-state]')
    await expect(state).toHaveText(t('state.Running'))
    await expect(row(page, 'ci-kim').getByText(t('compute.apps.none'))).toBeVisible()

    // The server hears of it only when the test lets it.
    let letThrough: () => void = () => {}
    const gate = new Promise<void>((done) => {
      letThrough = done
    })
    await page.route('**/computes/ci-kim/stop?*', async (route) => {
      await gate
      await route.continue()
    })
    await row(page, 'ci-kim').getByRole('checkbox').check()
    await page.getByRole('button', { name: t('action.stop'), exact: true }).click()
    await expect(state).toHaveText(t('state.requested', { state: t('state.Stopping') }))
    letThrough()
    await expect(page.getByText(t('compute.asked.stop', { name: 'ci-kim' }), { exact: true })).toBeVisible()
    await expect(state).toHaveText(t('state.Stopped'))

    await page.getByRole('button', { name: t('action.start'), exact: true }).click()
    await expect(state).toHaveText(t('state.Running'))

    // Between the click and the server's answer somebody deletes it.
    await page.route('**/computes/ci-kim/restart?*', async (route) => {
      await studio.server.removeComputes(studio.ws)
      await route.continue()
    })
    await page.getByRole('button', { name: t('action.moreFor', { name: 'ci-kim' }) }).click()
    await page.getByRole('menuitem', { name: t('action.restart') }).click()
    await expect(page.getByText(t('compute.refused.restart', { name: 'ci-kim' }), { exact: true })).toBeVisible()
    const why = page.locator('.fui-ToastBody').filter({ hasText: /ci-kim not found/ })
    await expect(why).toContainText(t('refusal.ComputeNotFound'))
    await expect(page.getByRole('heading', { name: t('compute.empty.instances') })).toBeVisible()
    await page.getByRole('button', { name: new RegExp(t('operations.someFailed')) }).click()
    const tray = page.getByRole('dialog', { name: t('operations.title') })
    await expect(tray.getByText(/ci-kim not found/)).toBeVisible()
    await expect(tray).toContainText(t('refusal.ComputeNotFound')) // nothing in English, where the server's words say it
    await page.keyboard.press('Escape')
    await expect(tray).toHaveCount(0)
  })
})

test('F24: many are deleted at once, after being told what that does', async ({ page, studio, t }) => {
  await makeCluster(studio, 'busy')
  await makeCluster(studio, 'calm')
  await makeJob(studio, 'train', 'busy', 'sleep 600')
  await studio.open('/compute/clusters')
  await expect(row(page, 'busy').getByRole('link', { name: t('compute.jobsOf', { n: 1, name: 'busy' }) })).toBeVisible()
  const remove = page.getByRole('button', { name: t('action.delete'), exact: true })
  await expect(remove).toHaveAttribute('aria-disabled', 'true')
  await remove.focus()
  await expect(page.getByText(t('compute.chooseFirst'))).toBeVisible()

  await page.getByRole('checkbox', { name: t('table.select.all') }).check()
  await expect(page.getByText(t('table.selected', { n: 2 }))).toBeVisible()
  await remove.click()
  const dialog = page.getByRole('alertdialog', { name: t('compute.askMany.delete', { n: 2 }) })
  await expect(dialog.getByText(t('compute.impact.quotaFree'))).toBeVisible()
  const confirm = dialog.getByRole('button', { name: t('action.delete') })
  await expect(dialog.getByText(t('compute.impact.running.delete', { n: 1, names: 'train' }))).toBeVisible()
  await expect(confirm).toBeDisabled()
  await dialog.getByRole('textbox', { name: t('confirm.type', { name: '2' }) }).fill('2')
  await confirm.click()
  await expect(page.getByRole('heading', { name: t('compute.empty.clusters') })).toBeVisible()

  await page.getByRole('checkbox', { name: t('compute.deleted.show') }).check()
  await expect(page).toHaveURL(/deleted=7d/)
  const gone = page.getByRole('list', { name: t('compute.deleted') })
  await expect(gone.getByRole('listitem')).toHaveCount(2)
  await expect(gone.getByRole('link', { name: 'busy' })).toBeVisible()
})

/** Signs the browser in as somebody else, by the link that an owner gives them. */
async function signInAs(page: Page, server: Server, name: string, workspace: string): Promise<void> {
  const said = await server.cli('principal', 'link', name, '--workspace', workspace)
  const code = /code=([\w-]+)/.exec(said)?.[1]
  await page.context().clearCookies()
  const response = await page.request.post(`${server.base}/signin`, {
    data: { code },
    headers: { Accept: 'application/json', Origin: server.base, 'Sec-Fetch-Site': 'same-origin' },
  })
  expect(response.status(), said).toBe(204)
}

test('F35: who may only read sees everything, and why nothing can be done', async ({ page, studio, server, t }) => {
  await makeInstance(studio, 'ci-kim')
  const name = `reader-${studio.ws}`
  await server.cli('principal', 'create', name, '--kind', 'user', '--role', 'Reader', '--workspace', studio.ws)
  await signInAs(page, server, name, studio.ws)
  const refused: string[] = []
  page.on('response', (r) => {
    if (r.status() >= 400) refused.push(`${r.status()} ${r.url()}`)
  })
  await studio.open('/compute/instances')
  await expect(row(page, 'ci-kim').locator('[data-state]')).toHaveText(t('state.Running'))
  const create = page.getByRole('button', { name: t('action.new') })
  await expect(create).toHaveAttribute('aria-disabled', 'true')
  await create.focus()
  await expect(page.getByText(t('denied.reason', { action: 'computes/write' }))).toBeVisible()
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/\/compute\/instances$/)

  await row(page, 'ci-kim').getByRole('checkbox').check()
  const stop = page.getByRole('button', { name: t('action.stop'), exact: true })
  await expect(stop).toHaveAttribute('aria-disabled', 'true')
  await stop.focus()
  await expect(page.getByText(t('denied.reason', { action: 'computes/stop/action' }))).toBeVisible()
  await page.getByRole('button', { name: t('action.moreFor', { name: 'ci-kim' }) }).click()
  const item = page.getByRole('menuitem', { name: new RegExp(`^${t('action.delete')}`) })
  await expect(item).toHaveAttribute('aria-disabled', 'true')
  await expect(item).toContainText(t('denied.reason', { action: 'computes/delete' }))
  await page.keyboard.press('Escape')

  await page.getByRole('checkbox', { name: t('compute.mine') }).check()
  await expect(page.getByText(t('view.empty.mine'))).toBeVisible()
  await page.getByRole('button', { name: t('action.clearFilters') }).click()
  await expect(row(page, 'ci-kim')).toBeVisible()
  expect(refused, 'requests that were refused').toEqual([])
})
