import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { clipboard } from './clipboard.ts'
import { Gate, jobStatus, makeCluster, makeInstance, makeJob, typeOn } from './making.ts'
import { eventually } from './server.ts'
import { expect, type Studio, test } from './test.ts'
import type { Words } from './words.ts'

const gates: Gate[] = []
async function gate(): Promise<Gate> {
  const g = await Gate.make()
  gates.push(g)
  return g
}
// Jobs that still wait end with their compute; the door goes with the flow.
test.afterEach(async () => {
  for (const g of gates.splice(0)) {
    await g.open()
    await g.remove()
  }
})

const nodeNames = async (studio: Studio, cluster: string) =>
  (await studio.api<{ nodes: { nodeId: string }[] }>('POST', `/computes/${cluster}/listNodes`)).nodes.map(
    (n) => n.nodeId,
  )

/** The link to a view of the page. */
const tab = (page: Page, t: Words, view: 'apps' | 'events' | 'jobs' | 'monitoring' | 'overview' | 'schedules') =>
  page.locator('main nav').getByRole('link', { name: t(`details.view.${view}`), exact: true })

/** What the events say of the target, from the oldest on: "0 → 3 → 0"; a step that does not begin where the one before ended shows. */
async function targetSteps(page: Page, t: Words): Promise<string> {
  const step = new RegExp(t('event.target', { from: '(\\d+)', to: '(\\d+)' }))
  const newestFirst = await page.getByRole('rowheader').allInnerTexts()
  let steps = ''
  for (const text of newestFirst.toReversed()) {
    const [, from, to] = step.exec(text) ?? []
    if (from === undefined) continue
    steps += steps.endsWith(from) ? ` → ${to}` : `${steps && ', '}${from} → ${to}`
  }
  return steps
}

test('F21: a cluster goes from no node to three and back, and the chart tells', async ({ page, studio, t }) => {
  test.setTimeout(120_000)
  const door = await gate()
  await makeCluster(studio, 'gpu-a', { max: 3, idle: 'PT6S' })
  await studio.open('/compute/clusters/gpu-a')
  await expect(page).toHaveURL(/overview$/)
  const scaling = page.getByRole('region', { name: t('details.scaling') })
  await expect(scaling.getByText(t('details.scaling.counts', { target: 0, current: 0 }))).toBeVisible()
  await makeJob(studio, 'train', 'gpu-a', door.wait, 3)
  await expect(scaling.getByText(t('details.scaling.counts', { target: 3, current: 3 }))).toBeVisible()
  await expect(scaling.getByText(t('details.scaling.states', { running: 3, idle: 0, min: 0, max: 3 }))).toBeVisible()
  await expect(page.getByText(t('details.demand.working', { n: 1 }))).toBeVisible()
  await door.open()
  await expect(scaling.locator('[data-countdown]')).toBeVisible()
  await expect(scaling.getByText(t('details.scaling.counts', { target: 0, current: 0 }))).toBeVisible({
    timeout: 30_000,
  })

  await tab(page, t, 'monitoring').click()
  const chart = page.getByRole('slider', { name: t('details.monitoring.cursor') })
  await chart.focus()
  await expect(page.locator('[data-series=target]')).toHaveText(`${t('node.target')} 0`)
  await page.getByRole('button', { name: t('details.asTable') }).click()
  const table = page.getByRole('table', { name: t('details.monitoring.table') })
  const cells = page.getByRole('cell', { name: '3', exact: true })
  // Target, current and active are 3.
  const busy = table.getByRole('row').filter({ has: cells.nth(2) })
  await expect(busy.first()).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const csv = await readFile(await (await download).path(), 'utf8')
  expect(csv.split('\n')[0]).toBe('time,target,current,running,idle,preparing,leaving,unusable,preempted')
  expect(csv).toMatch(/,3,3,3,0,0,0,0,0$/m)
  await page.getByRole('button', { name: t('details.range.6h') }).click()
  await expect(page).toHaveURL(/range=6h/)
  await page.goBack()
  await expect(page.getByRole('button', { name: t('details.range.1h') })).toHaveAttribute('aria-pressed', 'true')

  await tab(page, t, 'events').click()
  // The nodes of a job are idle since one moment, and go at one.
  await expect.poll(() => targetSteps(page, t)).toBe('0 → 3 → 0')
})

test('F21: the cursor of the chart moves with the keys', async ({ page, studio, t }) => {
  await makeCluster(studio, 'gpu-k', { min: 1, max: 1 })
  await studio.open('/compute/clusters/gpu-k/monitoring')
  await expect(page.locator('[data-series=idle]')).toHaveText(`${t('node.idle')} 1`)
  const chart = page.getByRole('slider', { name: t('details.monitoring.cursor') })
  await chart.focus()
  await page.keyboard.press('Home')
  await expect(page.locator('[data-series=idle]')).toHaveText(`${t('node.idle')} 0`)
  await expect(page.locator('[data-series=target]')).toHaveText(`${t('node.target')} 0`)
  await page.keyboard.press('End')
  await expect(page.locator('[data-series=idle]')).toHaveText(`${t('node.idle')} 1`)
  await expect(chart).toHaveAttribute('aria-valuetext', new RegExp(`${t('node.idle')} 1`))
})

test('F22: nodes say how to reach them, and are drained', async ({ page, studio, t }) => {
  const door = await gate()
  await makeCluster(studio, 'gpu-n', { min: 1, max: 2 })
  await makeJob(studio, 'busy', 'gpu-n', door.wait)
  await eventually('the job runs', async () => (await jobStatus(studio, 'busy')) === 'Running')
  await studio.open('/compute/clusters/gpu-n/nodes')
  const [name = ''] = await nodeNames(studio, 'gpu-n')
  const row = page
    .getByRole('table', { name: t('details.nodes.of', { name: 'gpu-n' }) })
    .getByRole('row')
    .filter({ hasText: name })
  await expect(row.getByText(t('details.connection.none'))).toBeVisible()
  await expect(row.getByRole('link', { name: 'busy' })).toBeVisible()
  await typeOn(page.getByRole('searchbox', { name: t('details.nodes.filter') }))
  await expect(page.getByRole('heading', { name: t('view.empty.match') })).toBeVisible()
  await page.getByRole('button', { name: t('action.clearFilters') }).click()
  await row.getByRole('button', { name: t('action.moreFor', { name }) }).click()
  await page.getByRole('menuitem', { name: t('details.node.drain') }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog.getByText(t('details.node.impact.drain.busy', { job: 'busy' }))).toBeVisible()
  await dialog.getByRole('button', { name: t('details.node.drain') }).click()
  await expect(page.getByText(t('details.node.asked.drain', { name })).last()).toBeVisible()
  // It works on until its job has ended, and cannot be drained twice.
  await expect(row.locator('[data-state=running]')).toBeVisible()
  await row.getByRole('button', { name: t('action.moreFor', { name }) }).click()
  await expect(page.getByRole('menuitem', { name: t('details.node.drain') })).toBeDisabled()
  await page.keyboard.press('Escape')
  await door.open()
  await expect(row).toHaveCount(0)
  // The cluster keeps its minimum with another.
  await expect(
    page.getByRole('table', { name: t('details.nodes.of', { name: 'gpu-n' }) }).getByRole('rowheader'),
  ).toHaveCount(1)
  await page.getByRole('button', { name: t('details.nodes.tiles') }).click()
  await expect(page).toHaveURL(/panel=tiles/)
  await expect(page.getByRole('list', { name: t('details.nodes.tiles') }).getByRole('listitem')).toHaveCount(1)
})

test('F23: a node is taken away as a drill, and its job is queued again', async ({ page, studio, t }) => {
  const door = await gate()
  await makeCluster(studio, 'spot', { max: 1, priority: 'LowPriority' })
  await makeJob(studio, 'resilient', 'spot', door.wait)
  await eventually('the job runs', async () => (await jobStatus(studio, 'resilient')) === 'Running')
  await studio.open('/compute/clusters/spot/nodes')
  const [name = ''] = await nodeNames(studio, 'spot')
  const row = page
    .getByRole('table', { name: t('details.nodes.of', { name: 'spot' }) })
    .getByRole('row')
    .filter({ hasText: name })
  await expect(row).toBeVisible()
  await row.getByRole('button', { name: t('action.moreFor', { name }) }).click()
  await page.getByRole('menuitem', { name: t('details.node.preempt') }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog.getByText(t('details.node.impact.preempt.busy', { job: 'resilient' }))).toBeVisible()
  await dialog.getByRole('button', { name: t('details.node.preempt') }).click()
  // It goes in a moment; why it went stays to be read.
  const gone = page
    .getByRole('table', { name: t('details.gone.nodes') })
    .getByRole('row')
    .filter({ hasText: name })
  await expect(gone.locator('[data-state=preempted]')).toBeVisible()
  await expect(gone.getByText(t('event.reason.Preempted'))).toBeVisible()
  // Another node comes, and the job runs there.
  await expect(page.getByRole('link', { name: 'resilient' })).toBeVisible()
  await tab(page, t, 'events').click()
  await expect(page.getByRole('rowheader', { name: t('event.reason.Preempted') }).first()).toBeVisible()
  const { value } = await studio.api<{ value: { reason?: string }[] }>('GET', '/events', undefined, {
    target: 'jobs/resilient',
    $top: '100',
  })
  expect(value.map((e) => e.reason)).toContain('JobRequeued')
  await tab(page, t, 'jobs').click()
  await expect(page.getByRole('row').filter({ hasText: 'resilient' }).locator('[data-state=Running]')).toBeVisible()
})

test.describe(() => {
  test.use({ expected: [/404/] })

  test('F24: a cluster with a job is deleted under a reader, and made anew by the same name', async ({
    page,
    studio,
    t,
  }) => {
    const door = await gate()
    await makeCluster(studio, 'old-x', { max: 1, idle: 'PT6S' })
    await makeJob(studio, 'last', 'old-x', door.wait)
    await eventually('the job runs', async () => (await jobStatus(studio, 'last')) === 'Running')
    await studio.open('/compute/clusters/old-x/overview')
    await page.getByRole('button', { name: t('action.moreFor', { name: 'old-x' }) }).click()
    await page.getByRole('menuitem', { name: t('action.delete') }).click()
    const dialog = page.getByRole('alertdialog')
    await expect(dialog.getByText(/last/)).toBeVisible()
    const confirm = dialog.getByRole('button', { name: t('action.delete') })
    await expect(confirm).toBeDisabled()
    await dialog.getByRole('textbox').fill('old-x')
    await confirm.click()
    // The page stays as it was last, and says who deleted the cluster.
    const banner = page.locator('[data-deleted=old-x]')
    await expect(banner).toBeVisible({ timeout: 30_000 })
    await expect(banner).toContainText('local')
    await expect(page.getByRole('heading', { level: 1, name: 'old-x' })).toBeVisible()
    await page.getByRole('link', { name: t('view.deleted.events') }).click()
    await expect(page).toHaveURL(/activity\?target=computes\/old-x|activity\?target=computes%2Fold-x/)

    await makeCluster(studio, 'old-y')
    await studio.open('/compute/clusters/old-x/overview')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(
      t('view.notFound', { what: t('details.compute'), name: 'old-x' }),
    )
    await expect(page.locator('[data-tombstone=old-x]')).toContainText('local')
    await expect(page.getByRole('link', { name: 'old-y' })).toBeVisible()

    await makeCluster(studio, 'old-x', { size: 'Standard_D2_v2' })
    await expect(page.getByRole('heading', { level: 1, name: 'old-x', exact: true })).toBeVisible()
    await expect(page.getByText('Standard_D2_v2')).toBeVisible()
    await expect(page.locator('[data-deleted]')).toHaveCount(0)
    await expect(page.locator('[data-series=target]')).toBeVisible()
  })
})

test('settings of a cluster: checked as they are typed, tried, copied as a line, saved', async ({
  page,
  studio,
  t,
}) => {
  await makeCluster(studio, 'set-a', { max: 4 })
  await studio.open('/compute/clusters/set-a')
  await page.getByRole('button', { name: t('action.edit') }).click()
  await expect(page).toHaveURL(/settings$/)
  const max = page.getByRole('textbox', { name: t('details.max') })
  const min = page.getByRole('textbox', { name: t('details.min') })
  const update = page.getByRole('button', { name: t('action.update') })
  await expect(update).toBeDisabled()
  await min.fill('5')
  await expect(page.getByText(t('details.settings.bad.minMax', { min: 5, max: 4 }))).toBeVisible()
  await expect(update).toBeDisabled()
  await min.fill('１')
  await page.getByRole('textbox', { name: t('details.idle') }).fill('５m')
  const preview = page.getByRole('region', { name: t('details.settings.preview') })
  await expect(preview.getByText(/\$/)).toBeVisible()
  const line = page.getByRole('region', { name: t('details.settings.cli') }).locator('pre')
  await expect(line).toHaveText(`atelier compute update set-a --min 1 --idle 300s --workspace ${studio.ws}`)
  // The line does what the button would, and the form follows.
  await studio.server.shell((await line.textContent()) ?? '')
  await expect(line).toHaveCount(0)
  await expect(update).toBeDisabled()
  await max.fill('6')
  await page.getByRole('textbox', { name: t('details.tags') }).fill('team=vision')
  await max.press('Control+Enter')
  await expect(page.getByText(t('details.settings.saved', { name: 'set-a' })).last()).toBeVisible()
  const c = await studio.api<{ tags: object; properties: { properties: { scaleSettings: object } } }>(
    'GET',
    '/computes/set-a',
  )
  expect(c.tags).toEqual({ team: 'vision' })
  expect(c.properties.properties.scaleSettings).toEqual({
    minNodeCount: 1,
    maxNodeCount: 6,
    nodeIdleTimeBeforeScaleDown: 'PT5M',
  })
  await expect(page.getByText(t('details.settings.range', { min: 1, max: 6 }))).toBeVisible()
})

test('settings of a cluster at low priority: nobody says what it costs', async ({ page, studio, t }) => {
  await makeCluster(studio, 'set-low', { priority: 'LowPriority' })
  await studio.open('/compute/clusters/set-low/settings')
  await page.getByRole('textbox', { name: t('details.max') }).fill('5')
  const preview = page.getByRole('region', { name: t('details.settings.preview') })
  await expect(preview.getByText(t('preview.unpriced'), { exact: true })).toBeVisible()
})

test('an instance: how to reach it, what is kept, idle shutdown, stop and start', async ({ page, studio, t }) => {
  await makeInstance(studio, 'ci-kim', {
    idleTimeBeforeShutdown: 'PT30M',
    schedules: {
      computeStartStop: [
        {
          action: 'Stop',
          status: 'Enabled',
          triggerType: 'Cron',
          cron: { expression: '0 18 * * 1-5', timeZone: 'Korea Standard Time' },
        },
      ],
    },
  })
  // Whoever knows only the name comes to the right tab.
  await studio.open('/compute/clusters/ci-kim/overview')
  await expect(page).toHaveURL(/compute\/instances\/ci-kim\/overview/)
  const connect = page.getByRole('region', { name: t('details.connect') })
  await expect(connect.getByText(t('details.ssh.notEnabled'))).toBeVisible()
  await expect(page.locator('[data-idle]')).toBeVisible()
  await tab(page, t, 'apps').click()
  await expect(page.getByRole('heading', { name: t('details.apps.none') })).toBeVisible()
  await tab(page, t, 'schedules').click()
  await expect(page.getByText(t('preview.warning.NotEnforced.schedules'))).toBeVisible()
  await expect(page.getByText('0 18 * * 1-5')).toBeVisible()
  const minutes = page.getByRole('textbox', { name: t('details.idleShutdown.minutes') })
  await minutes.fill('5')
  await expect(page.getByText(t('details.schedules.bad.bounds')).first()).toBeVisible()
  await minutes.fill('2h')
  await page.getByRole('button', { name: t('action.update') }).click()
  await expect(page.getByText(t('details.settings.saved', { name: 'ci-kim' })).last()).toBeVisible()
  await expect(minutes).toHaveValue('120')
  await page.getByRole('button', { name: t('action.stop'), exact: true }).click()
  await expect(page.locator('header [data-state=Stopped]')).toBeVisible()
  // The button that was pressed is another now, and still where the keyboard is.
  await expect(page.getByRole('button', { name: t('action.start'), exact: true })).toBeFocused()
  // What is stopped costs nothing.
  await tab(page, t, 'overview').click()
  const cost = page
    .locator('dt')
    .filter({ hasText: t('details.cost') })
    .locator('xpath=following-sibling::dd')
  await expect(cost).toContainText('0.00')
  await page.getByRole('button', { name: t('action.start'), exact: true }).click()
  await expect(page.locator('header [data-state=Running]')).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: t('action.moreFor', { name: 'ci-kim' }) }).click()
  await page.getByRole('menuitem', { name: t('action.copyCli') }).click()
  await expect.poll(() => clipboard(page)).toBe(`atelier compute show ci-kim --workspace ${studio.ws}`)
  await tab(page, t, 'monitoring').click()
  await expect(page.locator('[data-series=idle]')).toHaveText(`${t('node.idle')} 1`)
})
