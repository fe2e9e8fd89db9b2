/** The wizard that makes clusters: the fields of Azure's form, live rules, the dry run beside, and what can be copied. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { copied } from './clipboard.ts'
import { makeCluster } from './making.ts'
import { eventually } from './server.ts'
import { expect, type Studio, test } from './test.ts'
import type { Words } from './words.ts'

type Made = {
  name: string
  location: string
  tags: Record<string, string>
  identity?: { type: string; userAssignedIdentities?: Record<string, unknown> }
  properties: {
    computeLocation?: string
    description: string | null
    disableLocalAuth: boolean
    provisioningState: string
    properties: Record<string, unknown> & {
      vmSize: string
      vmPriority: string
      scaleSettings: { minNodeCount: number; maxNodeCount: number; nodeIdleTimeBeforeScaleDown: string }
      remoteLoginPortPublicAccess: string
      subnet: { id: string } | null
      userAccountCredentials?: { adminUserName: string; adminUserSshPublicKey: string | null }
    }
  }
}

const read = (studio: Studio, name: string) => studio.api<Made>('GET', `/computes/${name}`)
const named = (page: Page, t: Words) => page.getByRole('textbox', { name: t('wizard.field.name') })
const create = (page: Page, t: Words) => page.getByRole('button', { name: t('action.create'), exact: true })
const next = (page: Page, t: Words) => page.getByRole('button', { name: t('action.next'), exact: true })
const row = (page: Page, name: string) => page.locator(`tr[data-key="${name}"]`)
const sizeRadio = (page: Page, size: string) => page.getByRole('radio', { name: size, exact: true })
const checked = (page: Page, t: Words) => page.getByText(t('preview.good', { n: 0, time: '§' }).split('§')[0] ?? '')
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kim@laptop'

/** What was asked for, without what the server adds. */
function asked({ location, tags, identity, properties: { description, disableLocalAuth, properties: p } }: Made) {
  const { vmSize, vmPriority, scaleSettings, remoteLoginPortPublicAccess, subnet, userAccountCredentials } = p
  const idle = scaleSettings.nodeIdleTimeBeforeScaleDown
  return {
    location,
    tags,
    identity: identity && { type: identity.type, ids: Object.keys(identity.userAssignedIdentities ?? {}) },
    description,
    disableLocalAuth,
    vmSize,
    vmPriority,
    remoteLoginPortPublicAccess,
    enableNodePublicIp: p.enableNodePublicIp,
    osType: p.osType,
    subnet,
    userAccountCredentials,
    scaleSettings: { ...scaleSettings, nodeIdleTimeBeforeScaleDown: seconds(idle) },
  }
}
// Clients write the same time in different ways: PT2M, PT120S.
const seconds = (iso: string) => {
  const [, h = '0', m = '0', s = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(iso) ?? []
  return Number(h) * 3600 + Number(m) * 60 + Number(s)
}

// What the bar below happens to cover can be scrolled out from behind it; F05 sees to it that nothing with the focus is
// covered.
test.afterEach(async ({ page }) => {
  await expect(page.locator('.fui-Toast'), 'what fades away has little contrast').toHaveCount(0)
  await page.evaluate(() => {
    for (const e of document.querySelectorAll<HTMLElement>('form div'))
      if (getComputedStyle(e).position === 'sticky') e.style.position = 'static'
  })
})

test('F04: a cluster in three clicks', async ({ page, studio, t }) => {
  await makeCluster(studio, 'other')
  await studio.open('/compute/clusters')
  await page.getByRole('button', { name: t('action.new'), exact: true }).click()
  await expect(sizeRadio(page, 'Local')).toBeChecked()
  await next(page, t).click()
  await expect(named(page, t)).toHaveValue('cpu-cluster')
  await expect(checked(page, t)).toBeVisible()
  await create(page, t).click()
  await expect(page).toHaveURL(/\/compute\/clusters$/)
  await expect(page.getByText(t('attach.created', { name: 'cpu-cluster' })).first()).toBeVisible()
  await expect(row(page, 'cpu-cluster').locator('[data-state="Steady"]')).toBeVisible()
  expect(asked(await read(studio, 'cpu-cluster'))).toMatchObject({
    location: 'local',
    vmSize: 'Local',
    vmPriority: 'Dedicated',
    remoteLoginPortPublicAccess: 'Disabled',
    disableLocalAuth: true,
    scaleSettings: { minNodeCount: 0, maxNodeCount: 4, nodeIdleTimeBeforeScaleDown: 120 },
  })
})

test('F05: a cluster by the keyboard alone', async ({ page, studio, t }) => {
  await makeCluster(studio, 'other')
  await studio.open('/compute/clusters')
  await expect(row(page, 'other')).toBeVisible()
  await page.keyboard.press('n')
  await expect(sizeRadio(page, 'Local')).toBeChecked()
  await page.keyboard.press('Control+Enter')
  await expect(named(page, t)).toHaveValue('cpu-cluster')
  // Every stop of the Tab key is in sight, not behind the bar below.
  const bar = page.getByRole('button', { name: t('action.cancel'), exact: true })
  await page.getByRole('heading', { level: 1 }).focus()
  const seen: string[] = []
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const e = document.activeElement as HTMLElement
      const box = e.getBoundingClientRect()
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
      const label = e.getAttribute('aria-label') ?? (e as HTMLInputElement).name ?? e.textContent ?? ''
      return {
        label,
        form: Boolean(e.closest('form')),
        covered: !(top && (e.contains(top) || top.contains(e) || top.closest('label'))),
      }
    })
    if (!at.form) break
    expect(at.covered, `${at.label} is covered`).toBe(false)
    seen.push(at.label)
  }
  const order = ['min', 'max', 'idle', 'ssh'].map((name) => seen.indexOf(name))
  expect(order.every((n) => n >= 0) && order.join() === [...order].sort((a, b) => a - b).join(), seen.join()).toBe(true)
  await bar.focus()
  await named(page, t).fill('typed-name')
  await page.keyboard.press('Control+Enter')
  await expect(page).toHaveURL(/\/compute\/clusters$/)
  await expect(row(page, 'typed-name')).toBeVisible()
})

test('F06: the name says which rule it breaks, and what would do', async ({ page, studio, t }) => {
  await makeCluster(studio, 'taken-name')
  await studio.open('/compute/new/cluster?step=advanced')
  const field = named(page, t)
  await expect(field).toHaveValue('cpu-cluster')
  const length = t('name.rule.length', { min: 3, max: 24 })
  const cases: [string, string, string?][] = [
    ['ab', length, 'ab-cpu-cluster'],
    ['abcdefghijklmnopqrstuvwxy', length, 'abcdefghijklmnopqrstuvwx'],
    ['gpu-cluster-1', t('name.rule.dash'), 'gpu-cluster-n1'],
    ['gpu-', t('name.rule.dash'), 'gpu'],
    ['a-b-1', t('name.rule.dash'), 'a-b-n1'],
    ['4gpu', t('name.rule.start'), 'gpu'],
    ['-gpu', t('name.rule.start'), 'gpu'],
    ['my_gpu', t('name.rule.chars'), 'my-gpu'],
    ['my gpu', t('name.rule.chars'), 'my-gpu'],
    ['클러스터', t('name.lettersOnly'), 'cpu-cluster'],
    ['gpu가', t('name.lettersOnly'), 'gpu'],
    ['taken-name', t('name.taken', { name: 'taken-name' }), 'taken-name-n2'],
  ]
  for (const [name, message, suggestion] of cases) {
    await field.fill(name)
    await expect(page.getByText(message).first(), name).toBeVisible()
    // A screen reader is told, politely.
    await expect(page.locator('[role=status]').filter({ hasText: message }), name).toHaveCount(1)
    if (suggestion) await expect(page.getByRole('button', { name: suggestion, exact: true }), name).toBeVisible()
  }
  await field.fill('gpu-cluster-1')
  await page.getByRole('button', { name: 'gpu-cluster-n1', exact: true }).click()
  await expect(field).toHaveValue('gpu-cluster-n1')
  await expect(page.getByText(t('name.rule.dash'))).toHaveCount(0)
  await expect(
    page.locator('[role=status]').filter({ hasText: t('name.free', { name: 'gpu-cluster-n1' }) }),
  ).toHaveCount(1)
  // What is wrong does not go to the server, and the way to it is shown.
  await field.fill('gpu-')
  await create(page, t).click()
  await expect(page.getByRole('alert').filter({ hasText: t('wizard.errors.title', { n: 1 }) })).toBeVisible()
  await expect(field).toBeFocused()
})

test('F07: Enter that ends a composition sends nothing', async ({ page, studio, t }) => {
  await studio.open('/compute/new/cluster?step=advanced')
  const field = named(page, t)
  await expect(field).toHaveValue('cpu-cluster')
  await field.fill('')
  await field.focus()
  const browser = await page.context().newCDPSession(page)
  await browser.send('Input.imeSetComposition', { text: '한', selectionStart: 1, selectionEnd: 1 })
  const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 13 }
  await browser.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter })
  await browser.send('Input.dispatchKeyEvent', { type: 'char', text: '\r', ...enter })
  await browser.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
  await browser.send('Input.insertText', { text: '한' })
  await expect(field).toHaveValue('한')
  await expect(page.getByRole('alert').filter({ hasText: t('wizard.errors.title', { n: 1 }) })).toHaveCount(0)
  // The same key without a composition does send the form: it is refused for the name.
  await field.press('Enter')
  await expect(page.getByRole('alert').filter({ hasText: t('wizard.errors.title', { n: 1 }) })).toBeVisible()
  await expect(field).toHaveValue('한')
})

test('F08: every size of a location, and why some cannot be had', async ({ page, studio, server, t }) => {
  const family = 'standardDSv2Family'
  await server.cli('quota', 'set', family, '4', '--location', 'fake', '--workspace', studio.ws)
  await studio.open('/compute/new/cluster')
  await page.getByRole('combobox', { name: t('wizard.field.location') }).selectOption('fake')
  await expect(page.getByText(t('wizard.location.warning'))).toBeVisible()
  await expect(sizeRadio(page, 'Standard_F4s_v2')).toBeVisible()
  await page.getByRole('radio', { name: t('size.all') }).click()

  // Without quota for one node of it: not to be chosen, with the reason and the way to more.
  await page.getByRole('searchbox', { name: t('size.search') }).fill('DS5_v2')
  const none = page.locator('tr[data-availability="NoQuota"]')
  await expect(none.getByRole('radio', { name: 'Standard_DS5_v2' })).toBeDisabled()
  await expect(page.getByText(t('reason.QuotaExceeded', { need: 16, family, free: 4 }))).toBeVisible()
  await expect(page.getByRole('link', { name: t('size.quota.request') })).toHaveAttribute(
    'href',
    /\/quota\?.*standardDSv2Family/,
  )

  // Sizes with GPUs; one has no machine free, and can be waited for.
  await page.getByRole('searchbox', { name: t('size.search') }).fill('')
  await page.getByRole('radio', { name: 'GPU', exact: true }).click()
  await page.getByRole('searchbox', { name: t('size.search') }).fill('8 gpus')
  await expect(sizeRadio(page, 'Standard_ND96isr_H100_v5')).toBeVisible()
  await expect(sizeRadio(page, 'Standard_NC4as_T4_v3')).toHaveCount(0)
  await expect(page.getByText(t('reason.NoCapacity', { size: 'Standard_ND96asr_v4' }))).toBeVisible()

  await page
    .getByRole('button', { name: t('size.column.price') })
    .first()
    .click()
  const prices = page.getByRole('columnheader', { name: t('size.column.price') }).first()
  await expect(prices).toHaveAttribute('aria-sort', 'ascending')
  const names = () => page.locator('tr[data-availability="Available"] th').allInnerTexts()
  const upwards = await names()
  await page
    .getByRole('button', { name: t('size.column.price') })
    .first()
    .click()
  await expect(prices).toHaveAttribute('aria-sort', 'descending')
  expect(await names()).toEqual([...upwards].reverse())

  // One of a group: the arrow keys go from one to the next.
  await sizeRadio(page, 'Standard_ND96isr_H100_v5').check()
  await page.keyboard.press('ArrowDown')
  await expect(sizeRadio(page, 'Standard_ND96isr_H100_v5')).not.toBeChecked()
  await expect(page.locator('tr[data-availability] input:checked')).toHaveCount(1)
})

test.describe('refused beside the form', () => {
  test.use({ expected: [/status of 409/] })

  test('F08: the size that was chosen stays chosen when it can no longer be had', async ({
    page,
    studio,
    server,
    t,
  }) => {
    const family = 'standardDSv2Family'
    await makeCluster(studio, 'used', { size: 'Standard_DS3_v2' })
    await server.cli('quota', 'set', family, '0', '--location', 'fake', '--workspace', studio.ws)
    await studio.open('/compute/new/cluster?from=used')
    await expect(sizeRadio(page, 'Standard_DS3_v2')).toBeChecked()
    const why = t('reason.QuotaExceeded', { need: 4, family, free: 0 })
    await expect(page.getByRole('alert').filter({ hasText: why })).toBeVisible()
    await expect(page.getByText(t('preview.refused'))).toBeVisible()
    // Whoever fills in the form takes another.
    await sizeRadio(page, 'Standard_F4s_v2').check()
    await expect(page.getByRole('alert').filter({ hasText: why })).toHaveCount(0)
  })
})

test('F09: numbers as people type them', async ({ page, studio, t }) => {
  await studio.open('/compute/new/cluster?step=advanced')
  await expect(named(page, t)).toHaveValue('cpu-cluster')
  const min = page.getByRole('textbox', { name: t('wizard.field.min') })
  const max = page.getByRole('textbox', { name: t('wizard.field.max') })
  const idle = page.getByRole('textbox', { name: t('wizard.field.idle') })
  await min.fill('5')
  await min.blur()
  await expect(page.getByText(t('wizard.min.aboveMax', { max: 4 }))).toBeVisible()
  await expect(page.getByText(t('wizard.max.belowMin', { min: 5 }))).toBeVisible()
  await max.fill('１０')
  await expect(page.getByText(t('wizard.min.aboveMax', { max: 4 }))).toHaveCount(0)
  await expect(page.getByText(t('wizard.max.belowMin', { min: 5 }))).toHaveCount(0)
  await idle.fill('-5')
  await idle.blur()
  await expect(page.getByText(t('wizard.idle.negative'))).toBeVisible()
  await idle.fill('soon')
  await expect(page.getByText(t('wizard.idle.number'))).toBeVisible()
  await idle.fill('0')
  await expect(page.getByText(t('wizard.idle.zero'))).toBeVisible()
  await idle.fill('2m')
  await expect(page.getByText(/^= 2\s?(min|분)$/)).toBeVisible()
  await min.fill('０')
  await create(page, t).click()
  await expect(row(page, 'cpu-cluster')).toBeVisible()
  expect(asked(await read(studio, 'cpu-cluster')).scaleSettings).toEqual({
    minNodeCount: 0,
    maxNodeCount: 10,
    nodeIdleTimeBeforeScaleDown: 120,
  })
})

/** Fills in all that the form has. */
async function fillAll(page: Page, t: Words): Promise<void> {
  await page.getByRole('combobox', { name: t('wizard.field.location') }).selectOption('fake')
  await page.getByRole('radio', { name: t('priority.LowPriority') }).click()
  await expect(page.getByText(t('wizard.priority.low.note'))).toBeVisible()
  await sizeRadio(page, 'Standard_F4s_v2').check()
  await next(page, t).click()
  await named(page, t).fill('full')
  await page.getByRole('textbox', { name: t('wizard.field.max') }).fill('3')
  await page.getByRole('switch', { name: t('wizard.field.ssh') }).click()
  await page.getByRole('textbox', { name: t('wizard.field.adminUser') }).fill('kim')
  await page.getByRole('textbox', { name: t('wizard.field.adminKey') }).fill(key)
  await page.getByText(t('wizard.more')).click()
  await page.getByRole('textbox', { name: t('wizard.field.resourceGroup') }).fill('net')
  await page.getByRole('textbox', { name: t('wizard.field.network') }).fill('vnet1')
  await page.getByRole('textbox', { name: t('wizard.field.subnet') }).fill('nodes')
  await page.getByRole('radio', { name: t('wizard.identity.system') }).click()
  await page.getByRole('button', { name: t('wizard.tag.add') }).click()
  await page.getByRole('textbox', { name: t('wizard.tag.name', { n: 1 }) }).fill('team')
  await page.getByRole('textbox', { name: t('wizard.tag.value', { n: 1 }) }).fill(`vision & "한글" $HOME it's`)
  await page.getByRole('textbox', { name: t('wizard.field.description') }).fill('for\ntraining')
}

const python = resolve('../.venv/clients/bin/python')

test('F10: what is copied makes the same object', async ({ page, studio, server, t }) => {
  test.slow(existsSync(python), 'the Python SDK takes its time')
  await studio.open('/compute/new/cluster')
  await fillAll(page, t)
  await expect(page.getByText(t('preview.title'))).toBeVisible()
  const lines = {
    cli: await copied(page, t, 'cli'),
    rest: await copied(page, t, 'rest'),
    sdk: await copied(page, t, 'sdk'),
    yaml: await copied(page, t, 'yaml'),
  }
  await create(page, t).click()
  await expect(row(page, 'full')).toBeVisible()
  const made = asked(await read(studio, 'full'))
  expect(made).toMatchObject({
    location: 'fake',
    vmPriority: 'LowPriority',
    vmSize: 'Standard_F4s_v2',
    remoteLoginPortPublicAccess: 'Enabled',
    userAccountCredentials: { adminUserName: 'kim', adminUserSshPublicKey: key },
    identity: { type: 'SystemAssigned' },
    tags: { team: `vision & "한글" $HOME it's` },
    description: 'for\ntraining',
    subnet: { id: expect.stringMatching(/resourceGroups\/net\/.*virtualNetworks\/vnet1\/subnets\/nodes$/) },
  })
  const ca = { SSL_CERT_FILE: `${server.dir}/keys/ca-bundle.pem`, CURL_CA_BUNDLE: `${server.dir}/keys/ca-bundle.pem` }
  const env = { ATELIER_TOKEN: server.token, ...ca }
  const again = async (how: string, run: () => Promise<unknown>) => {
    await studio.api('DELETE', '/computes/full', undefined, { underlyingResourceAction: 'Delete' })
    await eventually('it is gone', () =>
      studio.api('GET', '/computes/full').then(
        () => false,
        () => true,
      ),
    )
    await run()
    expect(asked(await read(studio, 'full')), how).toEqual(made)
  }
  await again('CLI', () => server.shell(lines.cli))
  await again('REST', () => server.shell(lines.rest, env))
  await again('YAML', () =>
    server.shell(`atelier compute create cluster --workspace ${studio.ws} -f - <<'END'\n${lines.yaml}\nEND`),
  )
  if (existsSync(python)) {
    const program = `eval "$(atelier env)"\nexec ${python} - <<'END'\n${lines.sdk}\nEND`
    await again('Python SDK', () => server.shell(program))
  }
})

test('F11: low priority, SSH, a network and an identity are kept, and what cannot change is marked', async ({
  page,
  studio,
  t,
}) => {
  await studio.open('/compute/new/cluster')
  // Location, type, priority, size.
  await expect(page.getByRole('img', { name: t('wizard.cannotChange') })).toHaveCount(4)
  await fillAll(page, t)
  await expect(page.getByRole('img', { name: t('wizard.cannotChange') })).toHaveCount(4) // SSH and the network's three
  // A password instead of a key: possible, and warned of; never shown.
  await page.getByRole('radio', { name: t('wizard.ssh.password') }).click()
  await expect(page.getByText(t('wizard.ssh.password.warning'))).toBeVisible()
  await page.getByLabel(t('wizard.field.adminPassword'), { exact: false }).last().fill('correct horse battery')
  await expect(page.getByText('$ADMIN_PASSWORD').first()).toBeVisible()
  await expect(page.getByText('correct horse')).toHaveCount(0)
  // A file is not a line for a shell.
  await page.getByRole('tab', { name: t('copy.yaml'), exact: true }).click()
  await expect(page.getByText(t('copy.secrets.file', { variables: '$ADMIN_PASSWORD' }))).toContainText(
    "envsubst '$ADMIN_PASSWORD' < file.yml",
  )
  // Identities of the user's own.
  await page.getByRole('radio', { name: t('wizard.identity.user') }).click()
  const ids = page.getByRole('textbox', { name: t('wizard.field.identityIds') })
  await ids.fill('me')
  await ids.blur()
  await expect(page.getByText(t('wizard.identity.bad', { id: 'me' }))).toBeVisible()
  const id = `/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/trainer`
  await ids.fill(id)
  await expect(page.getByText(t('preview.warning.OtherLocation'))).toBeVisible()
  await create(page, t).click()
  await expect(row(page, 'full')).toBeVisible()
  const made = asked(await read(studio, 'full'))
  expect(made).toMatchObject({
    vmPriority: 'LowPriority',
    remoteLoginPortPublicAccess: 'Enabled',
    disableLocalAuth: false,
  })
  expect(made.identity).toEqual({ type: 'UserAssigned', ids: [id] })
  expect(made.subnet?.id).toContain('/virtualNetworks/vnet1/subnets/nodes')
  expect(JSON.stringify(made)).not.toContain('correct horse')
  // Another one like it.
  await studio.open('/compute/new/cluster?from=full')
  await expect(sizeRadio(page, 'Standard_F4s_v2')).toBeChecked()
  await expect(page.getByRole('radio', { name: t('priority.LowPriority') })).toBeChecked()
  await next(page, t).click()
  await expect(named(page, t)).toHaveValue('full-n2')
  await expect(page.getByRole('textbox', { name: t('wizard.field.subnet') })).toHaveValue('nodes')
})

test('F12: what was typed is still there after a reload and after signing in again, but no secret', async ({
  page,
  studio,
  server,
  t,
}) => {
  await studio.open('/compute/new/cluster')
  await fillAll(page, t)
  await page.getByRole('radio', { name: t('wizard.ssh.password') }).click()
  const secret = page.getByLabel(t('wizard.field.adminPassword'), { exact: false }).last()
  await secret.fill('correct horse battery')
  await page.reload()
  await expect(page.getByText(t('wizard.draft'))).toBeVisible()
  await expect(named(page, t)).toHaveValue('full')
  await expect(page.getByRole('textbox', { name: t('wizard.field.network') })).toHaveValue('vnet1')
  await expect(secret).toHaveValue('')
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('correct horse')

  await page.context().clearCookies()
  await page.reload()
  await expect(page).toHaveURL(/\/signin/)
  await page.getByRole('tab', { name: t('signin.token.tab') }).click()
  await page.getByLabel(t('signin.token')).fill(server.token)
  await page.getByRole('button', { name: t('signin.submit') }).click()
  await expect(named(page, t)).toHaveValue('full')
  await expect(page).toHaveURL(/step=advanced/)
  await page.getByRole('button', { name: t('wizard.draft.drop') }).click()
  await expect(named(page, t)).toHaveValue('cpu-cluster')
  await page.reload()
  await expect(named(page, t)).toHaveValue('cpu-cluster')
  await expect(page.getByText(t('wizard.draft'))).toHaveCount(0)
})
