/**
 * What every flow has: a server, a workspace of its own, a browser that is signed in, the words of its language; and
 * how every flow ends: no error in the console, no finding of axe in light and dark and on wide and narrow screens, a
 * picture.
 */
import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { Server, workspacePath } from './server.ts'
import { type Words, words } from './words.ts'

export type Studio = {
  server: Server
  /** Name of the workspace. */
  ws: string
  /** Opens a page of the workspace: "/compute/clusters". */
  open(path: string): Promise<void>
  /** Below the workspace: "/computes/gpu". */
  api<T = unknown>(method: string, path: string, body?: unknown, query?: Record<string, string>): Promise<T>
}

let count = 0

export const test = base.extend<
  { t: Words; studio: Studio; expected: RegExp[]; finish: boolean; made: string[]; ending: undefined },
  { server: Server }
>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from here
    async ({}, use) => {
      const server = await Server.start()
      await use(server)
      await server.end()
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  // Errors in the console that a flow brings about on purpose.
  expected: [[], { option: true }],
  // A flow that has no page at its end leaves out what the others end with.
  finish: [true, { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: as above
  t: async ({}, use, info) => use(words(info.project.name === 'ko' ? 'ko' : 'en')),
  // Workspaces of the flow. They are cleared after the end was looked at, which needs them as they are.
  made: async ({ server }, use) => {
    const made: string[] = []
    await use(made)
    for (const ws of made) await server.removeComputes(ws)
  },
  studio: async ({ server, page, made }, use, info) => {
    const ws = `w${info.workerIndex}-${++count}`
    made.push(ws)
    await server.api('PUT', workspacePath(ws), { location: 'local' }, { 'api-version': '2024-04-01' })
    await signIn(page, server)
    await use({
      server,
      ws,
      async open(path) {
        await page.goto(`${server.base}/w/${ws}${path}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      },
      api: (method, path, body, query) => server.api(method, workspacePath(ws) + path, body, query),
    })
  },
  ending: [
    async ({ page, expected, finish, made: _ }, use, info) => {
      const errors: string[] = []
      // The console says only that something was refused.
      const refused: string[] = []
      page.on('response', async (r) => {
        if (r.status() < 400) return
        const said = await r.text().catch(() => '')
        refused.push(`${r.request().method()} ${r.url()} ${r.request().postData() ?? ''}: ${r.status()} ${said}`)
      })
      page.on('console', (m) => {
        if (m.type() === 'error' && !expected.some((e) => e.test(m.text()))) errors.push(m.text())
      })
      page.on('pageerror', (e) => errors.push(String(e)))
      await use(undefined)
      if (info.status !== 'passed' || !finish) return
      // What fades away has no contrast while it does.
      await expect(page.locator('.fui-ToastTitle')).toHaveCount(0, { timeout: 20_000 })
      await inspect(page, info.title)
      await page.screenshot({ path: info.outputPath('end.png'), fullPage: true })
      expect(errors, `errors in the console; refused: ${refused.join('\n')}`).toEqual([])
    },
    { auto: true },
  ],
})

/** Signs the browser in with the link that the server gives out for its owner. */
export async function signIn(page: Page, server: Server): Promise<void> {
  const response = await page.request.post(`${server.base}/signin`, {
    data: { token: server.token },
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      Origin: server.base,
      'Sec-Fetch-Site': 'same-origin',
    },
  })
  expect(response.status(), await response.text()).toBe(204)
}

// Fluent puts these at the ends of groups that arrow keys move in. Focus that comes to one is handed on at once.
const handedOn = '[data-tabster-dummy]'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
// WCAG 2.5.3: what is called is what is written. axe leaves it out unless it is asked for.
const labels = { 'label-content-name-mismatch': { enabled: true } }

/** What axe finds, and whether the page changed while axe looked: then it may have seen half of this page and half of that. */
async function violations(page: Page): Promise<{ found: string[]; changed: boolean }> {
  const watch = await page.evaluateHandle(async () => {
    // What turns for ever is not waited for.
    const moving = () =>
      document
        .getAnimations()
        .filter((a) => a.playState === 'running' && a.effect?.getComputedTiming().endTime !== Infinity)
    // What is on its way to another colour has that of neither, and when one movement ends another may begin.
    while (moving().length > 0) {
      await Promise.allSettled(moving().map((a) => a.finished))
      await new Promise(requestAnimationFrame)
    }
    let changed = false
    const observer = new MutationObserver(() => {
      changed = true
    })
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
    return {
      stop() {
        observer.disconnect()
        return changed || moving().length > 0
      },
    }
  })
  const results = await new AxeBuilder({ page }).options({ rules: labels }).withTags(rules).exclude(handedOn).analyze()
  const changed = await watch.evaluate((w) => w.stop())
  const found = results.violations.map(
    (v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.html}\n  ${n.failureSummary}`).join('\n')}`,
  )
  return { found, changed }
}

/** Looks for what WCAG 2.2 AA forbids, light and dark, wide and narrow. */
export async function inspect(page: Page, what: string): Promise<void> {
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    let look = await violations(page)
    for (let n = 1; n < 3 && look.found.length > 0 && look.changed; n++) look = await violations(page)
    expect(look.found, `axe: ${what}, ${width} px, ${colorScheme}`).toEqual([])
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(wide, `${what} at ${width} px is wider than the screen`).toBeLessThanOrEqual(1)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}

export { expect }
