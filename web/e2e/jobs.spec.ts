import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { Gate, jobStatus, makeCluster, makeJob, typeOn } from './making.ts'
import { expect, type Studio, test } from './test.ts'
import type { Words } from './words.ts'

const view = (page: Page, t: Words, v: 'overview' | 'logs' | 'outputs' | 'code' | 'events') =>
  page.locator('main nav').getByRole('link', { name: t(`job.tab.${v}`), exact: true })
const completed = (studio: Studio, name: string) =>
  expect.poll(() => jobStatus(studio, name), { timeout: 30_000 }).toBe('Completed')
const names = (page: Page) => page.getByRole('main').getByRole('rowheader').getByRole('link')

test('F37: the list of jobs, narrowed, sorted and shared by its address', async ({ page, studio, t }) => {
  await makeCluster(studio, 'idle-a', { max: 1, size: 'Standard_ND96asr_v4' }) // nothing runs: there is no such machine
  await makeCluster(studio, 'idle-b', { max: 1, size: 'Standard_ND96asr_v4' })
  const jobs = Array.from({ length: 120 }, (_, i) => ({
    name: `job-${String(i).padStart(3, '0')}`,
    properties: {
      jobType: 'Command',
      command: 'x',
      computeId: i % 10 === 0 ? 'idle-b' : 'idle-a',
      experimentName: i % 2 === 0 ? 'digits' : 'faces',
      displayName: i === 7 ? '얼굴 인식' : undefined,
      tags: i % 40 === 0 ? { team: 'vision' } : {},
    },
  }))
  await studio.api('POST', '/submitJobs', { value: jobs })
  await studio.open('/jobs')
  await expect(names(page).first()).toHaveText('job-119')
  await expect(page.getByText(t('jobs.loadedMore', { n: 100 }))).toBeVisible()
  await page.getByRole('button', { name: t('table.more') }).click()
  await expect(page.getByText(t('jobs.loaded', { n: 120 }))).toBeVisible()

  await page.getByRole('searchbox', { name: t('jobs.search') }).fill('인식')
  await expect(names(page)).toHaveText(['얼굴 인식'])
  await expect(page).toHaveURL(/q=/)
  await page.getByRole('searchbox', { name: t('jobs.search') }).fill('')
  await expect(page).not.toHaveURL(/q=/)
  await page.getByRole('combobox', { name: t('jobs.compute') }).click()
  await page.getByRole('option', { name: 'idle-b' }).click()
  await expect(page.getByText(t('jobs.loaded', { n: 12 }))).toBeVisible()
  // What was chosen, "back" undoes.
  await page.goBack()
  await expect(names(page).first()).toHaveText('job-119')
  await page.goForward()
  await expect(page.getByText(t('jobs.loaded', { n: 12 }))).toBeVisible()
  await page.getByRole('textbox', { name: t('jobs.tagFilter') }).fill('team=vision')
  await expect(names(page)).toHaveText(['job-080', 'job-040', 'job-000'])
  await page.getByRole('button', { name: t('jobs.name'), exact: true }).click()
  await expect(names(page)).toHaveText(['job-000', 'job-040', 'job-080'])
  await page.getByRole('button', { name: t('jobs.columns') }).click()
  await page.getByRole('menuitemcheckbox', { name: t('jobs.tags') }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('columnheader', { name: t('jobs.tags') })).toBeVisible()
  await expect(page).toHaveURL(/f=compute:idle-b.*sort=name|sort=name.*f=compute:idle-b/)

  const other = await page.context().newPage()
  await other.goto(page.url())
  await expect(names(other)).toHaveText(['job-000', 'job-040', 'job-080'])
  await expect(other.getByRole('columnheader', { name: t('jobs.tags') })).toBeVisible()
  await other.close()
  await page.getByRole('combobox', { name: t('jobs.status') }).click()
  await page.getByRole('option', { name: t('state.Completed') }).click()
  await expect(page.getByText(t('view.empty.match'))).toBeVisible()
  await page.getByRole('button', { name: t('action.clearFilters') }).click()
  await page.getByRole('searchbox', { name: t('jobs.search') }).fill('job-00')
  await expect(page.getByText(t('jobs.loaded', { n: 10 }), { exact: true })).toBeVisible()
})

test('a job is canceled, asked about if it runs; and deleted when it is over', async ({ page, studio, t }) => {
  const door = await Gate.make()
  await makeCluster(studio, 'cpu', { max: 1 })
  await makeJob(studio, 'runs', 'cpu', door.wait)
  await expect.poll(() => jobStatus(studio, 'runs'), { timeout: 30_000 }).toBe('Running')
  await makeJob(studio, 'waits', 'cpu', 'echo x')
  await studio.open('/jobs')
  // One that waits loses nothing: it is not asked about.
  await page.getByRole('button', { name: t('action.moreFor', { name: 'waits' }) }).click()
  await page.getByRole('menuitem', { name: t('job.cancel') }).click()
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'waits', exact: true }) })
  await expect(row.locator('[data-state=Canceled]')).toBeVisible()

  await page.getByRole('link', { name: 'runs', exact: true }).click()
  await expect(page.getByRole('button', { name: t('action.delete'), exact: true })).toHaveAttribute(
    'aria-disabled',
    'true',
  )
  await page.getByRole('button', { name: t('job.cancel'), exact: true }).click()
  const question = page.getByRole('alertdialog')
  await expect(question).toContainText(t('job.cancel.help'))
  await question.getByRole('button', { name: t('job.cancel.keep') }).click()
  await expect(question).toHaveCount(0)
  expect(await jobStatus(studio, 'runs')).toBe('Running')
  await page.getByRole('button', { name: t('job.cancel'), exact: true }).click()
  await question.getByRole('button', { name: t('job.cancel'), exact: true }).click()
  await expect(page.locator('main header [data-state=Canceled]')).toBeVisible({ timeout: 30_000 })
  await expect(page.locator('[data-step=ended] time')).toBeVisible()
  await page.getByRole('button', { name: t('action.delete'), exact: true }).click()
  await question.getByRole('textbox').fill('runs')
  await question.getByRole('button', { name: t('action.delete') }).click()
  await expect(page).toHaveURL(/\/jobs$/)
  await expect(page.getByRole('link', { name: 'waits', exact: true })).toBeVisible()
  await expect(page.getByRole('link', { name: 'runs', exact: true })).toHaveCount(0)
  await expect(page.getByText(t('job.delete.done', { name: 'runs' }))).toHaveCount(0) // it was told, and that has faded
  await door.remove()
})

test('what a job left, and why one failed', async ({ page, studio, t, server }) => {
  await makeCluster(studio, 'cpu', { max: 1 })
  const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  await makeJob(
    studio,
    'leaves',
    'cpu',
    `mkdir -p outputs/model/deep && echo '<script>alert(1)</script> 안녕' > outputs/note.txt && printf '\\0\\1\\2' > outputs/model/w.bin && echo ${picture} | base64 -d > outputs/model/deep/plot.png`,
  )
  await completed(studio, 'leaves')
  await studio.open('/jobs/leaves/outputs')
  await page.getByRole('treeitem', { name: 'note.txt' }).click()
  await expect(page.getByRole('region', { name: t('job.outputs.preview', { name: 'note.txt' }) })).toHaveText(
    /<script>alert\(1\)<\/script> 안녕/,
  )
  await page.getByRole('treeitem', { name: 'w.bin' }).click()
  await expect(page.getByText(t('job.outputs.binary'))).toBeVisible()
  await page.getByRole('treeitem', { name: 'plot.png' }).click()
  const shown = page.getByRole('img', { name: t('job.outputs.picture', { name: 'plot.png' }) })
  await expect(shown).toHaveJSProperty('naturalWidth', 1)
  await expect(page).toHaveURL(/path=outputs\/model\/deep\/plot\.png|path=outputs%2Fmodel/)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: t('action.download'), exact: true }).click()
  expect((await readFile(await (await download).path())).toString('base64')).toBe(picture)
  await view(page, t, 'code').click()
  await expect(page.getByRole('heading', { name: t('job.code.none') })).toBeVisible()

  // Code goes with a job by the command line, and is seen beside it.
  const dir = `${server.dir}/code-${studio.ws}`
  await server.shell(
    `mkdir -p ${dir}/lib && echo 'print(1)' > ${dir}/main.py && echo 'x = 1' > ${dir}/lib/x.py && atelier job run --workspace ${studio.ws} --compute cpu --name coded --no-stream --code ${dir} -- python3 main.py`,
  )
  await studio.open('/jobs/coded/code')
  await page.getByRole('treeitem', { name: 'main.py' }).click()
  await expect(page.getByRole('region', { name: t('job.outputs.preview', { name: 'main.py' }) })).toHaveText(
    'print(1)\n',
  )
  await expect(page.getByText(`atelier job download coded --code --workspace ${studio.ws}`)).toBeVisible()

  await makeJob(studio, 'fails', 'cpu', 'echo before; no-such-command')
  await studio.open('/jobs/fails/overview')
  await expect(page.locator('[data-error=ExecutionFailed]')).toHaveText(t('job.failed.ExecutionFailed'), {
    timeout: 30_000,
  })
  await expect(page.locator('[data-exit="127"]')).toContainText(t('job.exit.127'))
  await page.getByRole('button', { name: t('job.error.log') }).click()
  await expect(page.locator('[data-line="1"]')).toContainText('before')
  await typeOn(page.getByRole('textbox', { name: t('log.search') }))
  await page.getByRole('textbox', { name: t('log.search') }).fill('')
  await expect(page).not.toHaveURL(/q=/)
  await view(page, t, 'events').click()
  await expect(page.getByRole('rowheader', { name: t('event.reason.ExecutionFailed') })).toBeVisible()
})

test.describe('jobs that are not there', () => {
  test.use({ expected: [/status of 404/] })
  test('one that goes while it is looked at, and one that never was', async ({ page, studio, t }) => {
    await makeCluster(studio, 'cpu', { max: 1 })
    await makeJob(studio, 'train-1', 'cpu', 'echo x')
    await makeJob(studio, 'train-2', 'cpu', 'echo x')
    await completed(studio, 'train-1')
    await completed(studio, 'train-2')
    await studio.open('/jobs/train-1/overview')
    await studio.api('DELETE', '/jobs/train-1')
    await expect(page.getByRole('link', { name: t('view.deleted.events') })).toBeVisible()
    await expect(page.getByRole('heading', { level: 1, name: 'train-1' })).toBeVisible()
    await studio.open('/jobs/train-3/overview')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(
      t('view.notFound', { what: t('job.what'), name: 'train-3' }),
    )
    await page.getByRole('link', { name: 'train-2' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'train-2' })).toBeVisible()
  })
})
