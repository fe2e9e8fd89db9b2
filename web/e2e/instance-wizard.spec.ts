/** The wizard that makes instances, from its required settings to the review, and what can be copied of it. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { copied } from './clipboard.ts'
import { makeInstance } from './making.ts'
import { makeUser } from './people.ts'
import { eventually } from './server.ts'
import { expect, type Studio, test } from './test.ts'
import type { Words } from './words.ts'

type Made = {
  location: string
  tags: Record<string, string>
  properties: {
    description: string | null
    disableLocalAuth: boolean
    properties: Record<string, unknown> & {
      vmSize: string
      idleTimeBeforeShutdown: string | null
      schedules: { computeStartStop: Record<string, unknown>[] }
      customServices: Record<string, unknown>[]
      sshSettings: Record<string, unknown>
    }
  }
}

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kim@laptop'
const python = resolve('../.venv/clients/bin/python')
const next = (page: Page, t: Words) => page.getByRole('button', { name: t('action.next'), exact: true })
const create = (page: Page, t: Words) => page.getByRole('button', { name: t('action.create'), exact: true })
const row = (page: Page, name: string) => page.locator(`tr[data-key="${name}"]`)
const field = (page: Page, name: string) => page.getByRole('textbox', { name })

/** What was asked for, without what the server or a client adds of its own. */
async function asked(studio: Studio, name: string) {
  const { location, tags, properties } = await studio.api<Made>('GET', `/computes/${name}`)
  const p = properties.properties
  return {
    location,
    tags,
    description: properties.description,
    disableLocalAuth: properties.disableLocalAuth,
    vmSize: p.vmSize,
    idle: p.idleTimeBeforeShutdown,
    ssh: p.sshSettings,
    subnet: p.subnet,
    publicIp: p.enableNodePublicIp,
    root: p.enableRootAccess,
    setupScripts: p.setupScripts,
    schedules: p.schedules.computeStartStop.map(({ action, status, triggerType, cron }) => {
      const { expression, timeZone } = cron as Record<string, unknown>
      return { action, status, triggerType, cron: { expression, timeZone } }
    }),
    apps: p.customServices.map((a) => ({
      name: a.name,
      image: a.image,
      endpoints: a.endpoints,
      environmentVariables: a.environmentVariables,
      volumes: (a.volumes as Record<string, unknown>[]).map(({ source, target }) => ({ source, target })),
    })),
  }
}

/** Goes through all steps and fills in what each has; ends at the review. */
async function fillAll(page: Page, t: Words): Promise<void> {
  await field(page, t('wizard.field.name')).fill('ci-full')
  await page.getByRole('combobox', { name: t('wizard.field.location') }).selectOption('fake')
  await page.getByRole('radio', { name: 'Standard_F4s_v2', exact: true }).check()
  await next(page, t).click()

  await field(page, t('newInstance.idle')).fill('1h 30m')
  await page.getByRole('button', { name: t('newInstance.schedule.add') }).click()
  await page.getByRole('button', { name: t('newInstance.schedule.add') }).click()
  await expect(page.getByText(t('newInstance.schedules.honest'))).toBeVisible()
  const stop = page.getByRole('group', { name: t('newInstance.schedule.n', { n: 2 }), exact: true })
  await stop.getByLabel(t('newInstance.schedule.time.Stop')).fill('19:30')
  await stop.getByRole('combobox', { name: t('newInstance.schedule.zone') }).selectOption('America/New_York')
  await next(page, t).click()

  await page.getByRole('switch', { name: t('wizard.field.ssh') }).click()
  await field(page, t('wizard.field.adminKey')).fill(key)
  await page.getByRole('switch', { name: t('newInstance.noPublicIp') }).click()
  await page.getByRole('switch', { name: t('newInstance.root') }).click()
  await field(page, t('wizard.field.network')).fill('vnet1')
  await field(page, t('wizard.field.subnet')).fill('desks')
  await next(page, t).click()

  await page.getByRole('switch', { name: t('newInstance.script.on') }).click()
  await field(page, t('newInstance.script.path')).fill('Users/kim/setup.sh')
  await field(page, t('newInstance.script.arguments')).fill('--gpu no')
  await page.getByRole('button', { name: t('newInstance.app.add') }).click()
  await field(page, t('newInstance.app.name')).fill('rstudio')
  await field(page, t('newInstance.app.image')).fill('rocker/rstudio:4.5')
  await field(page, t('newInstance.app.published')).fill('9797')
  await field(page, t('newInstance.app.env')).fill('PASSWORDLESS=yes\nTZ=Asia/Seoul')
  await field(page, t('newInstance.app.mounts')).fill('/mnt/cloudfiles:/data')
  await next(page, t).click()

  await page.getByRole('button', { name: t('wizard.tag.add') }).click()
  await field(page, t('wizard.tag.name', { n: 1 })).fill('team')
  await field(page, t('wizard.tag.value', { n: 1 })).fill('비전')
  await field(page, t('wizard.field.description')).fill('desk')
  await next(page, t).click()
  await expect(page).toHaveURL(/step=review/)
}

// What the bar below happens to cover can be scrolled out from behind it (see cluster-wizard.spec.ts).
test.afterEach(async ({ page }) => {
  await expect(page.locator('.fui-Toast'), 'what fades away has little contrast').toHaveCount(0)
  await page.evaluate(() => {
    for (const e of document.querySelectorAll<HTMLElement>('form div'))
      if (getComputedStyle(e).position === 'sticky') e.style.position = 'static'
  })
})

test('F13: an instance with schedules, idle shutdown and an application, and the same again from what is copied', async ({
  page,
  studio,
  server,
  t,
}) => {
  test.slow()
  await makeInstance(studio, 'other')
  await studio.open('/compute/instances')
  await page.getByRole('button', { name: t('action.new'), exact: true }).click()
  await expect(field(page, t('wizard.field.name'))).toHaveValue(/^ci-/)
  await fillAll(page, t)

  // The review has all of it, with the way back to each section.
  const scheduling = page.getByRole('region', { name: t('newInstance.step.scheduling') })
  await expect(scheduling).toContainText('America/New_York')
  await page
    .getByRole('link', { name: t('newInstance.review.edit', { section: t('newInstance.step.scheduling') }) })
    .click()

  // The next three times, in the time of who looks: half past seven in the evening there is the next morning in Seoul.
  const stop = page.getByRole('group', { name: t('newInstance.schedule.n', { n: 2 }), exact: true })
  const said = stop.getByText('Asia/Seoul): ')
  await expect(said).toBeVisible()
  const times = ((await said.textContent()) ?? '').split(': ').slice(1).join(': ').split(' · ')
  expect(times).toHaveLength(3)
  for (const time of times) expect(time).toMatch(/(0?[89]:30|오전 0?[89]:30)/)

  // From any step to the review; the server knows what it does not do yet.
  await page.getByRole('button', { name: t('wizard.review') }).click()
  await expect(page).toHaveURL(/step=review/)
  for (const what of ['schedules', 'setupScripts', 'customServices'] as const)
    await expect(page.getByText(t(`preview.warning.NotEnforced.${what}`))).toBeVisible()
  await expect(page.getByRole('tab', { name: t('copy.yaml') })).toHaveAttribute('aria-selected', 'true')
  const lines = {
    cli: await copied(page, t, 'cli'),
    rest: await copied(page, t, 'rest'),
    sdk: await copied(page, t, 'sdk'),
  }

  await create(page, t).click()
  await expect(page).toHaveURL(/\/compute\/instances$/)
  await expect(row(page, 'ci-full').locator('[data-state="Running"]')).toBeVisible()
  const made = await asked(studio, 'ci-full')
  expect(made).toMatchObject({
    location: 'fake',
    vmSize: 'Standard_F4s_v2',
    idle: 'PT90M',
    tags: { team: '비전' },
    publicIp: false,
    root: false,
    schedules: [
      { action: 'Start', triggerType: 'Cron', cron: { expression: '0 9 * * 1,2,3,4,5', timeZone: 'Asia/Seoul' } },
      {
        action: 'Stop',
        triggerType: 'Cron',
        cron: { expression: '30 19 * * 1,2,3,4,5', timeZone: 'America/New_York' },
      },
    ],
    apps: [
      {
        name: 'rstudio',
        image: { type: 'docker', reference: 'rocker/rstudio:4.5' },
        endpoints: [{ target: 8787, published: 9797 }],
        environmentVariables: { PASSWORDLESS: { value: 'yes' }, TZ: { value: 'Asia/Seoul' } },
      },
    ],
  })
  const env = { ATELIER_TOKEN: server.token, CURL_CA_BUNDLE: `${server.dir}/keys/ca-bundle.pem` }
  const again = async (how: string, run: () => Promise<unknown>) => {
    await studio.api('DELETE', '/computes/ci-full', undefined, { underlyingResourceAction: 'Delete' })
    await eventually('it is gone', () =>
      studio.api('GET', '/computes/ci-full').then(
        () => false,
        () => true,
      ),
    )
    await run()
    expect(await asked(studio, 'ci-full'), how).toEqual(made)
  }
  await again('CLI', () => server.shell(lines.cli))
  await again('REST', () => server.shell(lines.rest, env))
  if (existsSync(python)) {
    const program = (sdk: string) => `eval "$(atelier env)"\nexec ${python} - <<'END'\n${sdk}\nEND`
    await again('Python', () => server.shell(program(lines.sdk)))
    // Where the workspace is, azure-ai-ml has words for all of it.
    await studio.open('/compute/new/instance?from=ci-full&step=review')
    await page.getByRole('link', { name: t('newInstance.step.required'), exact: true }).click()
    await page.getByRole('combobox', { name: t('wizard.field.location') }).selectOption('local')
    await expect(field(page, t('wizard.field.name'))).toHaveValue('ci-full-n2')
    const sdk = await copied(page, t, 'sdk')
    expect(sdk).toContain('ml.compute.begin_create_or_update(ComputeInstance(')
    await studio.open('/compute/instances') // or the form would be told that its name is taken
    await server.shell(program(sdk))
    const here = await asked(studio, 'ci-full-n2')
    expect(here).toEqual({ ...made, location: 'local', vmSize: here.vmSize })
  }
})

test('F13: an instance by the keyboard, and what is wrong is shown where it is', async ({ page, studio, t }) => {
  await studio.open('/compute/new/instance?step=scheduling')
  const idle = field(page, t('newInstance.idle'))
  await idle.fill('5')
  await idle.blur()
  await expect(page.getByText(t('newInstance.idle.bad'))).toBeVisible()
  await page.getByRole('link', { name: t('newInstance.step.review'), exact: true }).click()
  await create(page, t).click()
  // Back at the step that has it, at the field.
  await expect(page).toHaveURL(/step=scheduling/)
  await expect(page.getByRole('alert').filter({ hasText: t('wizard.errors.title', { n: 1 }) })).toBeVisible()
  await expect(idle).toBeFocused()
  await idle.fill('20')
  for (let i = 0; i < 30 && (await page.getByRole('button', { name: t('newInstance.schedule.add') }).count()); i++)
    await page.getByRole('button', { name: t('newInstance.schedule.add') }).click()
  await expect(page.getByText(t('newInstance.schedule.most'))).toBeVisible()
  await expect(page.getByRole('button', { name: t('newInstance.schedule.remove', { n: 4 }) })).toBeVisible()
  await expect(page.getByRole('button', { name: t('newInstance.schedule.remove', { n: 5 }) })).toHaveCount(0)
  // The keyboard goes on at the row that takes the place of one that is removed, and from the last at what adds another.
  const remove = (n: number) => page.getByRole('button', { name: t('newInstance.schedule.remove', { n }) })
  const add = page.getByRole('button', { name: t('newInstance.schedule.add') })
  await remove(1).press('Enter')
  await expect(remove(4)).toHaveCount(0)
  await expect(remove(1)).toBeFocused()
  await remove(3).press('Enter')
  await expect(add).toBeFocused()
  await add.click()
  await add.click()
  await page.getByRole('link', { name: t('newInstance.step.required'), exact: true }).click()
  await field(page, t('wizard.field.name')).fill('by-keyboard')
  for (let i = 0; i < 6; i++) {
    await expect(page.locator('[aria-current="step"]')).toContainText(String(i + 1))
    await page.keyboard.press('Control+Enter')
  }
  await expect(page).toHaveURL(/\/compute\/instances$/)
  await expect(row(page, 'by-keyboard')).toBeVisible()
  expect((await asked(studio, 'by-keyboard')).schedules).toHaveLength(4)
})

test('an instance like another, for somebody who is named', async ({ page, studio, t }) => {
  const { name } = await makeUser(studio, 'AzureML Data Scientist')
  const cron = { expression: '0 18 * * 1,2,3,4,5', timeZone: 'UTC' }
  const recurrence = { frequency: 'Day', interval: 1, timeZone: 'UTC', schedule: { hours: [8], minutes: [0] } }
  await makeInstance(studio, 'desk', {
    schedules: {
      computeStartStop: [
        { action: 'Stop', status: 'Enabled', triggerType: 'Cron', cron },
        { action: 'Start', status: 'Enabled', triggerType: 'Recurrence', recurrence },
      ],
    },
  })
  await studio.open('/compute/new/instance?from=desk&step=security')
  await expect(page.getByText(t('newInstance.schedules.lost', { n: 1, name: 'desk' }))).toBeVisible()
  await page.getByRole('switch', { name: t('newInstance.assign') }).click()
  await page.getByRole('combobox', { name: t('newInstance.user') }).selectOption({ label: name })
  await page.getByRole('button', { name: t('wizard.review') }).click()
  await expect(page).toHaveURL(/step=review/)
  await expect(page.getByRole('region', { name: t('newInstance.step.security') })).toContainText(name)
})
