/**
 * How fast the studio is in a browser, beside what the same browser needs for a page that does nothing. Nothing here
 * fails: figures of a busy machine say little.
 */
import type { Browser } from '@playwright/test'
import { makeCluster } from '../e2e/making.ts'
import { type Studio, signIn, test } from '../e2e/test.ts'

const rounds = 9

const median = (all: number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN

/** Milliseconds until what is looked for is there, in a browser that has seen nothing of the server yet. */
async function cold(browser: Browser, studio: Studio, path: string, look: string): Promise<number> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  await signIn(page, studio.server)
  const begun = performance.now()
  await page.goto(studio.server.base + path, { waitUntil: 'commit' })
  await page.locator(look).first().waitFor()
  const took = performance.now() - begun
  await context.close()
  return took
}

test.use({ finish: false })

test('cold load', async ({ browser, studio }) => {
  for (let i = 1; i <= 20; i++) await makeCluster(studio, `load-n${i}`)
  const list: number[] = []
  const floor: number[] = []
  for (let i = 0; i < rounds; i++) {
    list.push(await cold(browser, studio, `/w/${studio.ws}/compute/clusters`, 'main tr[data-key]'))
    floor.push(await cold(browser, studio, '/healthz', 'pre'))
  }
  const [l, f] = [median(list), median(floor)]
  console.log(
    `cold load to a list of 20 clusters: ${l.toFixed(0)} ms, ${(l / f).toFixed(1)} × a page of one word (${f.toFixed(0)} ms); the budget is 1,000 ms`,
  )
})
