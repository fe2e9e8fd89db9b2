import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { clipboard } from './clipboard.ts'
import { Gate, jobStatus, makeCluster, makeJob } from './making.ts'
import { become, makeUser } from './people.ts'
import { expect, test } from './test.ts'
import type { Words } from './words.ts'

const million = 1_000_000
/** A million lines, one in 50,000 an error, with colours, and with what would run if it were not text. */
const lines = `python3 -c "
import sys
w = sys.stdout.write
for i in range(1, ${million} + 1):
    if i % 50000 == 0:
        w('2026-11-29T22:00:00.%03d \\x1b[31mERROR\\x1b[0m step=%d <img src=x onerror=window.hurt=1> <b>bold</b>\\n' % (i % 1000, i))
    else:
        w('2026-11-29T22:00:00.%03d \\x1b[32mINFO\\x1b[0m step=%d loss=%.4f lr=0.0003 throughput=%d tokens/s mem=41.2GiB\\n' % (i % 1000, i, 2500 / i, i % 977))
"`

const log = (page: Page, t: Words) => page.getByRole('region', { name: t('log.label'), exact: true })
const line = (page: Page, n: number) => page.locator(`[data-line="${n}"]`)
const count = (page: Page) => page.locator('[data-count]')
const find = (page: Page, t: Words) => page.getByRole('textbox', { name: t('log.search') })

/** What this machine takes, at this moment, to cut as much text at its newlines: what figures of time are printed beside. */
const floor = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const text = `${'x'.repeat(104)}\n`.repeat(1_000_000)
    const begin = performance.now()
    text.split('\n')
    return performance.now() - begin
  })

/** Milliseconds after which a search would be too late on any machine, and ten times those of a jump. Budgets are the bench's. */
const late = 5000

/** Tells the milliseconds of processor that the page's own thread has used so far: as many on a busy machine as on one at rest. */
async function processor(page: Page): Promise<() => Promise<number>> {
  const browser = await page.context().newCDPSession(page)
  await browser.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await browser.send('Performance.getMetrics')
    return 1000 * (metrics.find((m) => m.name === 'TaskDuration')?.value ?? Number.NaN)
  }
}

test('F28: a million lines', async ({ page, studio, t }) => {
  test.setTimeout(180_000)
  await makeCluster(studio, 'cpu', { max: 1 })
  await makeJob(studio, 'big', 'cpu', lines)
  await expect.poll(() => jobStatus(studio, 'big'), { timeout: 90_000 }).toBe('Completed')
  const slow = await floor(page)
  await studio.open('/jobs/big/logs')
  await expect(count(page)).toHaveAttribute('data-count', String(million), { timeout: 60_000 })
  await expect(page.locator('[data-phase]')).toHaveAttribute('data-phase', 'ended')
  const arrived = await page.evaluate(() => {
    const entries = performance.getEntriesByType('resource').filter((e) => /std_log.*offset=0/.test(e.name))
    return Math.max(0, ...entries.map((e) => (e as PerformanceResourceTiming).responseEnd))
  })
  test
    .info()
    .annotations.push({ type: 'floor', description: `${slow.toFixed(0)} ms; bytes in the page's list: ${arrived}` })

  // The end, by the keyboard.
  await log(page, t).focus()
  await page.keyboard.press('End')
  await expect(line(page, million)).toContainText(`step=${million}`)
  await expect(line(page, million).locator('[data-text]')).toContainText(
    '<img src=x onerror=window.hurt=1> <b>bold</b>',
  )
  expect(await page.evaluate(() => (window as unknown as { hurt?: number }).hurt)).toBeUndefined()
  const colours = line(page, million).locator('[data-text] > span')
  await expect(colours).toHaveText('ERROR')
  expect(await colours.getAttribute('style')).toBeNull()
  const nodes = await log(page, t).evaluate((el) => el.querySelectorAll('*').length)
  expect(nodes).toBeLessThan(300)

  // Search: an expression, its count, and from one to the next.
  await page.getByRole('button', { name: t('log.search.regex') }).click()
  const begin = Date.now()
  await find(page, t).fill('step=\\d*50000 ')
  await expect(page.getByText(t('log.search.count', { n: 10 }))).toBeVisible()
  const search = Date.now() - begin
  console.log(`F28: a search in a million lines: ${search} ms until it is shown; floor ${slow.toFixed(0)} ms`)
  expect(search, 'search').toBeLessThan(late)
  await find(page, t).press('Enter')
  await expect(page.getByText(t('log.search.at', { i: '1', n: '10' }))).toBeVisible()
  await expect(line(page, 50_000)).toHaveAttribute('data-hit', '')
  await expect(line(page, 50_000).locator('mark')).toHaveText('step=50000 ')
  await log(page, t).focus()
  await page.keyboard.press('n')
  await expect(line(page, 150_000)).toBeVisible()
  await page.keyboard.press('Shift+N')
  await expect(line(page, 50_000)).toBeVisible()
  await expect(page).toHaveURL(/re=1/)

  // A link to lines, in a new page.
  await line(page, 50_000).locator('> span').first().click()
  await line(page, 50_003)
    .locator('> span')
    .first()
    .click({ modifiers: ['Shift'] })
  await expect(page).toHaveURL(/#L50000-L50003$/)
  const copy = page.getByRole('button', { name: t('log.copyLines') })
  await copy.click()
  await page.getByRole('menuitem', { name: t('log.copy.clean') }).click()
  await expect(page.getByText(t('log.copied', { n: 4 }))).toBeVisible()
  const clip = () => clipboard(page)
  expect((await clip()).split('\n')[0]).toBe(
    '2026-11-29T22:00:00.000 ERROR step=50000 <img src=x onerror=window.hurt=1> <b>bold</b>',
  )
  await copy.click()
  await page.getByRole('menuitem', { name: t('log.copy.raw') }).click()
  await expect.poll(clip).toContain('\x1b[31mERROR\x1b[0m')
  await page.getByRole('button', { name: t('log.download') }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: t('log.download.file', { name: 'std_log.txt' }) }).click()
  const file = await readFile(await (await download).path(), 'utf8')
  expect(file.trimEnd().split('\n')).toHaveLength(million)

  const other = await page.context().newPage()
  await other.goto(page.url())
  await expect(line(other, 50_001)).toBeVisible({ timeout: 60_000 })
  await expect(other.getByText(t('log.selected', { n: 4, from: '50,000', to: '50,003' }))).toBeVisible()
  await other.close()
})

test('F28: redrawing stays quick, and levels leave lines out', async ({ page, studio, t }) => {
  test.setTimeout(120_000)
  await makeCluster(studio, 'cpu', { max: 1 })
  await makeJob(studio, 'big', 'cpu', lines)
  await expect.poll(() => jobStatus(studio, 'big'), { timeout: 90_000 }).toBe('Completed')
  const slow = await floor(page)
  await studio.open('/jobs/big/logs')
  await expect(count(page)).toHaveAttribute('data-count', String(million), { timeout: 60_000 })
  const used = await processor(page)
  const before = await used()
  const { times, frames } = await log(page, t).evaluate(async (region) => {
    const el = region.closest('[data-rows]') as HTMLElement
    const first = () => region.querySelector('[data-line]')?.getAttribute('data-line')
    const wait = () => new Promise((done) => requestAnimationFrame(done))
    const times: number[] = []
    const frames: number[] = []
    for (let i = 1; i <= 60; i++) {
      let begin = performance.now()
      await wait()
      frames.push(performance.now() - begin)
      const was = first()
      begin = performance.now()
      el.scrollTop = ((i * 37) % 60) * (el.scrollHeight / 61)
      while (first() === was || !first()) await wait()
      times.push(performance.now() - begin)
    }
    const sorted = (all: number[]) => all.sort((a, b) => a - b)
    return { times: sorted(times), frames: sorted(frames) }
  })
  const work = ((await used()) - before) / times.length
  const p95 = (all: number[]) => all[Math.floor(all.length * 0.95)] ?? 0
  const told = `${work.toFixed(1)} ms of processor; p50 ${times[30]?.toFixed(1)}, p95 ${p95(times).toFixed(1)} ms; a frame ${p95(frames).toFixed(1)} ms; floor ${slow.toFixed(0)} ms`
  console.log(`F28: a log of a million lines drawn after a jump: ${told}`)
  expect(work, told).toBeLessThan(32)
  expect(p95(times), told).toBeLessThan(late / 10)
  await page.getByRole('combobox', { name: t('log.level') }).selectOption('error')
  await expect(count(page)).toContainText('20')
  await expect(page.locator('[data-rows]')).toHaveAttribute('data-rows', '20')
  await expect(line(page, 100_000)).toBeVisible()
  await expect(page).toHaveURL(/level=error/)
  await page.getByRole('checkbox', { name: t('log.times') }).uncheck()
  await expect(line(page, 50_000).locator('[data-text]')).toHaveText(/^ERROR step=50000 /)
  await page.getByRole('checkbox', { name: t('log.wrap') }).check()
  await expect(page).toHaveURL(/wrap=1/)
})

test('F28: following stops when one looks back, and goes on at the end; a drop loses nothing', async ({
  page,
  studio,
  server,
  t,
}) => {
  test.setTimeout(120_000)
  const [first, second] = [await Gate.make(), await Gate.make()]
  await makeCluster(studio, 'cpu', { max: 1 })
  await makeJob(
    studio,
    'slow',
    'cpu',
    `for i in $(seq 1 300); do echo "line $i"; done; ${first.wait}; echo second part; ${second.wait}; echo third part`,
  )
  await become(page, studio, await makeUser(studio, 'Contributor')) // the owner's session ends with the server
  await studio.open('/jobs/slow/logs')
  await expect(line(page, 300)).toBeVisible({ timeout: 30_000 })
  await expect(page.locator('[data-phase]')).toHaveText(t('log.phase.following'))
  await log(page, t).hover()
  await page.mouse.wheel(0, -2000)
  await expect(page.getByRole('checkbox', { name: t('log.follow') })).not.toBeChecked()
  await expect(page.getByText(t('log.phase.paused'))).toBeVisible()
  await first.open()
  await expect(count(page)).toHaveAttribute('data-count', '301')
  await expect(line(page, 301)).toHaveCount(0)
  await page.getByRole('button', { name: t('log.toEnd') }).click()
  await expect(line(page, 301)).toContainText('second part')
  await expect(page.getByRole('checkbox', { name: t('log.follow') })).toBeChecked()

  await server.down()
  await expect(page.getByText(t('log.phase.dropped'))).toBeVisible()
  await server.up()
  await second.open()
  await expect(line(page, 302)).toContainText('third part', { timeout: 40_000 })
  await expect(page.locator('[data-phase]')).toHaveText(t('log.phase.ended'), { timeout: 30_000 })
  await expect(count(page)).toHaveAttribute('data-count', '302')
  await first.remove()
  await second.remove()
})

test('F29: two nodes, together and each by itself', async ({ page, studio, t }) => {
  await makeCluster(studio, 'cpu', { max: 2 })
  const say = `for i in 1 2 3; do echo "2026-11-29T10:00:0$((2 * i + $AZUREML_CR_NODE_RANK))Z INFO rank $AZUREML_CR_NODE_RANK line $i"; done`
  await makeJob(studio, 'two', 'cpu', `${say}; [ $AZUREML_CR_NODE_RANK = 0 ] || echo one more`, 2)
  await expect.poll(() => jobStatus(studio, 'two'), { timeout: 30_000 }).toBe('Completed')
  await studio.open('/jobs/two/logs')
  await expect(count(page)).toHaveAttribute('data-count', '7')
  // Merged by the times that they tell.
  const shown = page.locator('[data-line] [data-text]')
  await expect(shown).toHaveText([
    /rank 0 line 1/,
    /rank 1 line 1/,
    /rank 0 line 2/,
    /rank 1 line 2/,
    /rank 0 line 3/,
    /rank 1 line 3/,
    /one more/,
  ])
  await expect(line(page, 2)).toContainText('r1')
  const rank = page.getByRole('combobox', { name: t('log.rank') })
  await expect(rank.getByRole('option')).toHaveText([
    t('log.rank.all', { n: 2 }),
    t('log.rank.one', { rank: 0, lines: 3 }),
    t('log.rank.one', { rank: 1, lines: 4 }),
  ])
  await rank.selectOption('1')
  await expect(count(page)).toHaveAttribute('data-count', '4')
  await expect(page).toHaveURL(/rank=1/)
  await page.reload()
  await expect(shown.first()).toHaveText(/rank 1 line 1/)
})
