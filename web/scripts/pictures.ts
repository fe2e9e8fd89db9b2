/** Writes docs/images/studio-*.png: the main pages, taken in a browser of the real binary with people at work. */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { Server } from '../e2e/server.ts'
import { Machine } from '../e2e/sshd.ts'
import { type Words, words } from '../e2e/words.ts'
import { people, scene, ws } from './scene.ts'

test.use({ actionTimeout: 30_000, navigationTimeout: 60_000 })

const out = resolve(process.env.PICTURES ?? '../docs/images')

/** Those that fit beside one another in the widest font. */
const columns = ['state', 'size', 'nodes', 'jobs', 'price', 'created'].map((c) => `cols=${c}`).join('&')

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

/** The server has tried what the form says. */
const previewed = (page: Page, t: Words) => expect(page.getByText(t('preview.min', { n: 0 }))).toBeVisible()

/** The machine has been tried and lacks something. */
async function tried(page: Page, t: Words, machine: Machine) {
  await page.getByLabel(t('wizard.field.name')).fill('lab-gpu')
  await page.getByRole('textbox', { name: t('attach.field.address') }).fill(machine.address)
  await page.getByRole('textbox', { name: t('attach.field.port') }).fill(String(machine.port))
  await page.getByRole('textbox', { name: t('ssh.userName') }).fill(machine.user)
  await page
    .getByRole('textbox', { name: t('ssh.key'), exact: false })
    .first()
    .fill(machine.key)
  await page.getByRole('button', { name: t('test.run') }).click()
  await page.getByRole('button', { name: t('test.trust') }).click()
  await expect(page.locator('[data-check=docker]')).not.toHaveAttribute('data-status', 'skipped')
  // Down to what was found: a key belongs into no picture.
  await page.getByRole('button', { name: t('test.run') }).evaluate((e) => e.scrollIntoView({ block: 'start' }))
}

test('pictures', async ({ browser }) => {
  await mkdir(out, { recursive: true })
  const server = await Server.start()
  const machine = await Machine.start()
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
    await as(browser, server, who, {}, (page) => take(page, server, '', 'home'))
    for (const language of ['en', 'ko'] as const) {
      const t = words(language)
      const name = (of: string) => (language === 'ko' ? `${of}-ko` : of)
      await as(browser, server, who, { language }, async (page) => {
        await take(page, server, `/compute/clusters?${columns}`, name('compute'), () =>
          expect(page.getByText(t('compute.size.cpu', { cores: 4, memory: '14' }))).toBeVisible(),
        )
        await take(page, server, '/compute/new/cluster', name('new-cluster'), () => previewed(page, t))
        await take(page, server, '/compute/new/attach-vm', name('attach'), () => tried(page, t, machine))
        await take(page, server, '/compute/clusters/cpu/nodes', name('nodes'))
      })
    }
    await as(browser, server, who, {}, async (page) => {
      await take(page, server, '/compute/clusters/cpu/overview', 'cluster')
      await take(page, server, '/jobs', 'jobs')
      await take(page, server, '/jobs/train-7b-longer/overview', 'job')
      await take(page, server, '/quota', 'quota')
    })
    await as(browser, server, who, { dark: true }, (page) => take(page, server, '/jobs/train-7b/logs', 'logs'))
    await as(browser, server, who, { width: 390, height: 780 }, (page) =>
      take(page, server, '/compute/clusters', 'phone'),
    )
  } finally {
    await machine.end()
    await server.end()
  }
})
