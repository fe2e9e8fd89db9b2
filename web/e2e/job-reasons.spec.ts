import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { Gate, jobStatus, makeCluster, makeInstance, makeJob } from './making.ts'
import { become, makeUser } from './people.ts'
import { eventually, Server, workspacePath } from './server.ts'
import { expect, inspect, type Studio, signIn, test } from './test.ts'
import type { Words } from './words.ts'

const gates: Gate[] = []
async function gate(): Promise<Gate> {
  const g = await Gate.make()
  gates.push(g)
  return g
}
test.afterEach(async () => {
  for (const g of gates.splice(0)) {
    await g.open()
    await g.remove()
  }
})

const panel = (page: Page, t: Words) => page.getByRole('region', { name: t('why.title'), exact: true })
const reason = (page: Page, code: string) => page.locator(`[data-reason=${code}]`)
const running = (studio: Studio, name: string) =>
  expect.poll(() => jobStatus(studio, name), { timeout: 30_000 }).toBe('Running')

test('F25: all nodes are busy, jobs are ahead, and what would help is there for those who may', async ({
  page,
  studio,
  t,
}) => {
  const door = await gate()
  await makeCluster(studio, 'gpu-a', { max: 1 })
  await makeJob(studio, 'first', 'gpu-a', door.wait)
  await running(studio, 'first')
  await makeJob(studio, 'second', 'gpu-a', 'echo 2')
  await makeJob(studio, 'third', 'gpu-a', 'echo 3')
  // In the list, below the row.
  await studio.open('/jobs')
  await expect(page.getByText(t('reason.QueuedBehind', { n: 1 }))).toBeVisible()
  await studio.open('/jobs/third/overview')
  await expect(reason(page, 'ClusterAtMax')).toContainText(t('reason.ClusterAtMax', { max: 1 }))
  await expect(reason(page, 'ClusterAtMax')).toContainText('computes/gpu-a')
  await expect(reason(page, 'QueuedBehind')).toContainText(t('reason.QueuedBehind', { n: 1 }))
  // A higher priority goes first, and the page says so by itself.
  await page.getByRole('button', { name: t('job.priority.change'), exact: true }).click()
  await page.getByRole('alertdialog').getByRole('textbox').fill('２0')
  await page
    .getByRole('alertdialog')
    .getByRole('button', { name: t('action.save') })
    .click()
  await expect(reason(page, 'QueuedBehind')).toHaveCount(0)
  await reason(page, 'ClusterAtMax')
    .getByRole('button', { name: t('remedy.raiseMax') })
    .click()
  await expect(page).toHaveURL(/\/compute\/clusters\/gpu-a\/settings/)
  // Who may only read sees the same, and why nothing of it is for them.
  await become(page, studio, await makeUser(studio, 'Reader'))
  await studio.open('/jobs/third/overview')
  const raise = reason(page, 'ClusterAtMax').getByRole('button', { name: t('remedy.raiseMax') })
  await expect(raise).toHaveAttribute('aria-disabled', 'true')
  await expect(page.getByRole('button', { name: t('job.cancel'), exact: true })).toHaveAttribute(
    'aria-disabled',
    'true',
  )
  await door.open()
  await expect(page.locator('main header [data-state=Completed]')).toBeVisible({ timeout: 30_000 })
  await expect(panel(page, t)).toHaveCount(0)
})

test('F25: no machine of the size is to be had, and the cluster is too small for the job', async ({
  page,
  studio,
  t,
}) => {
  const size = 'Standard_ND96asr_v4' // the pretend cloud has none
  await makeCluster(studio, 'big-a', { max: 3, size })
  await makeJob(studio, 'train', 'big-a', 'echo x', 2)
  await studio.open('/jobs/train/overview')
  await expect(reason(page, 'NoCapacity')).toContainText(t('reason.NoCapacity', { size }), { timeout: 30_000 })
  await expect(reason(page, 'NoCapacity').getByRole('button', { name: t('remedy.otherSize') })).toBeEnabled()
  await makeCluster(studio, 'big-a', { max: 1, size })
  await expect(reason(page, 'SizeMismatch')).toBeVisible()
  await expect(reason(page, 'SizeMismatch')).toContainText(t('why.blocking'))
  await reason(page, 'SizeMismatch')
    .getByRole('button', { name: t('remedy.editJob') })
    .click()
  await expect(page).toHaveURL(/jobs\/new\?from=train/)
  await expect(page.locator('[data-wait="jobnew.compute.tooMany"]')).toBeVisible()
  await studio.open('/jobs/train/overview')
  await page.getByRole('button', { name: t('job.cancel'), exact: true }).click()
  await expect(page.locator('main header [data-state=Canceled]')).toBeVisible()
})

test('F26: start and continue', async ({ page, studio, t }) => {
  await makeInstance(studio, 'ci-kim')
  await studio.api('POST', '/computes/ci-kim/stop')
  await eventually('ci-kim is stopped', async () => {
    const c = await studio.api<{ properties: { properties: { state: string } } }>('GET', '/computes/ci-kim')
    return c.properties.properties.state === 'Stopped'
  })
  await studio.open('/jobs/new?compute=ci-kim')
  await expect(page.locator('[data-wait="jobnew.compute.stopped"]')).toBeVisible()
  await makeJob(studio, 'note', 'ci-kim', 'echo done')
  await studio.open('/jobs/note/overview')
  const why = reason(page, 'ComputeStopped')
  await expect(why).toContainText(t('reason.ComputeStopped', { name: 'ci-kim' }))
  await why.getByRole('button', { name: t('remedy.startAndContinue') }).click()
  await expect(page.locator('main header [data-state=Completed]')).toBeVisible({ timeout: 40_000 })
  await expect(panel(page, t)).toHaveCount(0)
})

test('F25: nodes went away, and the job is tried again', async ({ page, studio, t }) => {
  const door = await gate()
  await makeCluster(studio, 'spot', { max: 1, priority: 'LowPriority' })
  await makeJob(studio, 'tough', 'spot', door.wait)
  await running(studio, 'tough')
  await studio.open('/jobs/tough/overview')
  const { nodes } = await studio.api<{ nodes: { nodeId: string }[] }>('POST', '/computes/spot/listNodes')
  await studio.api('POST', `/computes/spot/nodes/${nodes[0]?.nodeId}/preempt`)
  await expect(page.locator('[data-attempt="2"]')).toBeVisible({ timeout: 30_000 })
  await expect(page.locator('[data-attempt="1"]')).toContainText(t('job.step.lost'))
  await door.open()
  await expect(page.locator('main header [data-state=Completed]')).toBeVisible({ timeout: 30_000 })
  await expect(page.getByText(t('job.attemptOf', { n: 2, most: 3 }), { exact: true })).toBeVisible()
})

test('F25: the environment is being built, and cannot be', async ({ page, studio, t }) => {
  // An index of packages that answers when it is let, and has none.
  let answer: () => void = () => {}
  const allowed = new Promise<void>((done) => {
    answer = done
  })
  const index = createServer(async (_, response) => {
    await allowed
    response.writeHead(404).end()
  })
  await new Promise<void>((done) => index.listen(0, '127.0.0.1', done))
  const { port } = index.address() as AddressInfo
  try {
    const pip = [`--index-url http://127.0.0.1:${port}/simple`, 'no-such-package==1.0']
    const condaFile = JSON.stringify({ dependencies: ['python', { pip }] })
    await studio.api('PUT', '/environments/late/versions/1', { properties: { condaFile } })
    await makeCluster(studio, 'cpu', { max: 1 })
    await makeJob(studio, 'waits', 'cpu', 'echo x', 1, { environmentId: 'azureml:late:1' })
    await studio.open('/jobs/waits/overview')
    await expect(reason(page, 'EnvironmentBuild')).toContainText(t('reason.EnvironmentBuild'), { timeout: 30_000 })
    await expect(page.locator('[data-step=preparing][aria-current=step]')).toBeVisible()
    answer()
    await expect(page.locator('[data-error=EnvironmentBuildFailed]')).toHaveText(
      t('job.failed.EnvironmentBuildFailed'),
      { timeout: 30_000 },
    )
    await expect(panel(page, t)).toHaveCount(0)
    await page.getByRole('button', { name: t('job.error.log') }).click()
    await expect(page.getByText(/No matching distribution found for no-such-package/).first()).toBeVisible()
  } finally {
    answer()
    index.closeAllConnections()
    index.close()
  }
})

test.describe('with a server that ends before the page does', () => {
  test.use({ finish: false })
  test('F25: nodes are on their way', async ({ page, t }) => {
    test.setTimeout(120_000)
    // A cloud of its own, whose machines take longer to boot than the flow.
    const slow = await Server.start(['--fake-boot', '10m'])
    try {
      await slow.api('PUT', workspacePath('slow'), { location: 'local' }, { 'api-version': '2024-04-01' })
      await signIn(page, slow)
      const studio = {
        api: (method: string, path: string, body?: unknown, query?: Record<string, string>) =>
          slow.api(method, workspacePath('slow') + path, body, query),
      } as Studio
      await makeCluster(studio, 'cpu', { max: 2 })
      await makeJob(studio, 'waits', 'cpu', 'echo x', 2)
      await page.goto(`${slow.base}/w/slow/jobs/waits/overview`)
      await expect(reason(page, 'ScalingUp')).toBeVisible()
      await expect(page.locator('[data-step=queued][aria-current=step]')).toBeVisible()
      await reason(page, 'ScalingUp')
        .getByRole('button', { name: t('remedy.openCompute', { name: 'cpu' }) })
        .click()
      await expect(page).toHaveURL(/\/compute\/clusters\/cpu\/overview/)
      await page.goBack()
      await expect(reason(page, 'ScalingUp')).toBeVisible()
      await inspect(page, 'ScalingUp')
    } finally {
      await page.goto('about:blank')
      await slow.end()
    }
  })
})
