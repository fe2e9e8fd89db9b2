/** Writes docs/images/studio-*.png: the main pages, taken in a browser of the real binary with people at work. */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { Server } from '../e2e/server.ts'
import { people, scene, ws } from './scene.ts'

const out = resolve(process.env.PICTURES ?? '../docs/images')

type Look = { language?: 'en' | 'ko'; dark?: boolean; width?: number; height?: number }

/** Signs in as the user and hands over a page of the look. */
async function as(browser: Browser, server: Server, who: object, look: Look, use: (page: Page) => Promise<void>) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: look.language === 'ko' ? 'ko-KR' : 'en-US',
    timezoneId: 'Asia/Seoul',
    colorScheme: look.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
  })
  const page = await context.newPage()
  const headers = { Origin: server.base, Accept: 'application/json' }
  const answer = await page.request.post(`${server.base}/signin`, { data: who, headers })
  expect(answer.status(), await answer.text()).toBe(204)
  await use(page)
  await context.close()
}

/** The page as it is when nothing more is loaded, without what floats above it. */
async function take(page: Page, server: Server, path: string, name: string, ready?: (page: Page) => Promise<unknown>) {
  await page.goto(`${server.base}/w/${ws}${path}`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await ready?.(page)
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
  await page.screenshot({ path: resolve(out, `studio-${name}.png`), animations: 'disabled', caret: 'hide' })
}

test('pictures', async ({ browser }) => {
  await mkdir(out, { recursive: true })
  const server = await Server.start(['--fake-boot', '1s'])
  try {
    const who = await people(server)
    await as(browser, server, who, {}, async (page) => {
      const answer = await page.request.post(`${server.base}/me/tokens`, {
        data: { name: 'pictures', days: 1 },
        headers: { Origin: server.base },
      })
      const { token } = (await answer.json()) as { token: string }
      await scene(server, token)
    })
    await as(browser, server, who, {}, async (page) => {
      await take(page, server, '', 'home')
      await take(page, server, '/compute/clusters', 'compute')
      await take(page, server, '/compute/clusters/cpu/overview', 'cluster')
      await take(page, server, '/compute/clusters/cpu/nodes', 'nodes')
      await take(page, server, '/compute/instances/ci-kim/overview', 'instance')
      await take(page, server, '/jobs', 'jobs')
      await take(page, server, '/jobs/train-7b-longer/overview', 'job')
      await take(page, server, '/jobs/train-7b/logs', 'logs')
      await take(page, server, '/quota', 'quota')
    })
  } finally {
    await server.end()
  }
})
