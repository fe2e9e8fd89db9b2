import { expect, test } from './test.ts'

const cert = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
const key = '-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----'

test('F17: an inference cluster has a name of 2 to 16, 12 cores for production, and SSL', async ({
  page,
  studio,
  t,
}) => {
  test.slow() // a long form, looked at on four screens
  await studio.open('/compute/new/inference')
  const name = page.getByLabel(t('wizard.field.name'))
  await name.fill('a')
  await expect(page.getByText(t('name.rule.length', { min: 2, max: 16 })).first()).toBeVisible()
  await name.fill('a-name-of-seventeen')
  await expect(page.getByText(t('name.rule.length', { min: 2, max: 16 })).first()).toBeVisible()
  await name.fill('sv')

  await page.getByLabel(t('infer.region')).selectOption('fake')
  await page.getByRole('radio', { name: t('size.all') }).check()
  await page.getByRole('radio', { name: /Standard_DS11_v2/ }).check()
  await expect(page.locator('[data-nodes="few"]')).toContainText(
    t('infer.nodes.few', { n: 3, cores: 2, all: 6, need: 6 }),
  )
  await page.getByRole('button', { name: t('infer.nodes.use', { n: 6 }), exact: true }).click()
  await expect(page.locator('[data-nodes="enough"]')).toContainText(
    t('infer.nodes.enough', { n: 6, cores: 2, all: 12 }),
  )
  await page.getByRole('textbox', { name: t('infer.nodes') }).fill('１')
  await expect(page.locator('[data-nodes="few"]')).toBeVisible()
  await page.getByRole('radio', { name: t('infer.purpose.DevTest') }).check()
  await expect(page.locator('[data-nodes="few"]')).toBeHidden()
  await page.getByRole('radio', { name: t('infer.purpose.FastProd') }).check()

  // What is wrong is told in one place, with the way to it.
  await page.getByRole('switch', { name: t('infer.ssl') }).check()
  await page.getByRole('button', { name: t('action.create') }).click()
  await page
    .getByRole('alert')
    .getByRole('button', { name: t('infer.nodes.few', { n: 1, cores: 2, all: 2, need: 6 }) })
    .click()
  await expect(page.getByRole('textbox', { name: t('infer.nodes') })).toBeFocused()
  await page.getByRole('button', { name: t('infer.nodes.use', { n: 6 }), exact: true }).click()

  await page.getByRole('radio', { name: t('infer.network.advanced') }).check()
  await page.getByRole('textbox', { name: t('infer.vnetGroup') }).fill('net')
  await page.getByRole('textbox', { name: t('infer.vnet') }).fill('v')
  await page.getByRole('textbox', { name: t('infer.subnet') }).fill('s')
  await page.getByRole('textbox', { name: t('infer.dns') }).fill('10.9.0.10')
  await expect(page.getByText(t('infer.dns.outside', { range: '10.0.0.0/16' })).first()).toBeVisible()
  await page.getByRole('textbox', { name: t('infer.dns') }).fill('10.0.0.10')

  await page.getByRole('textbox', { name: t('infer.ssl.cert') }).fill(cert)
  await page.getByRole('textbox', { name: t('infer.ssl.key') }).fill(key)
  await page.getByRole('textbox', { name: t('infer.ssl.cname') }).fill('serve.example.com')
  expect(await page.locator('aside').textContent()).not.toContain('hush')
  const line = (await page.getByRole('region', { name: t('copy.cli') }).textContent()) ?? ''
  await page.getByRole('button', { name: t('action.create') }).click()

  await expect(page.getByRole('rowheader', { name: 'sv' })).toBeVisible()
  const made = await studio.api<{ properties: { properties: Record<string, unknown> } }>('GET', '/computes/sv')
  expect(made.properties.properties).toMatchObject({
    agentCount: 6,
    agentVmSize: 'Standard_DS11_v2',
    clusterPurpose: 'FastProd',
    sslConfiguration: { status: 'Enabled', cname: 'serve.example.com' },
    aksNetworkingConfiguration: { dnsServiceIP: '10.0.0.10' },
  })
  expect(JSON.stringify(made)).not.toContain('hush')

  // The line that was copied makes the same, with the key from a variable.
  await studio.server.shell(line, { SSL_KEY: key })
  expect(await studio.api('GET', '/computes/sv')).toEqual(made)
  const keys = await studio.api<{ sslConfiguration: { key: string } }>('POST', '/computes/sv/listKeys')
  expect(keys.sslConfiguration.key).toBe(`${key}\n`)

  await page.getByRole('link', { name: 'sv', exact: true }).click()
  await expect(page.getByText(t('attached.ssl.Enabled'))).toBeVisible()
  await expect(page.getByText(t('attached.nodes.cores', { n: 6, cores: 2, all: 12 }))).toBeVisible()
  await page.getByRole('button', { name: t('action.delete') }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toContainText(t('compute.impact.record'))
  await dialog.getByRole('button', { name: t('action.cancel') }).click()
  await expect(page.getByRole('button', { name: t('action.delete') })).toBeFocused()
})

test('F17: the form of an inference cluster is in reach on any screen', async ({ page, studio, t }) => {
  await studio.open('/compute/new/inference')
  await page.getByRole('radio', { name: t('infer.service.existing') }).check()
  await expect(page.getByText(t('infer.existing.why'))).toBeVisible()
  await page.getByRole('radio', { name: t('infer.service.new') }).check()
  await page.getByRole('radio', { name: t('infer.network.advanced') }).check()
  await page.getByRole('switch', { name: t('infer.ssl') }).check()
})
