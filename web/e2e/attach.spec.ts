import type { Page } from '@playwright/test'
import { clipboard } from './clipboard.ts'
import { become, makeUser } from './people.ts'
import { Machine, noMachine } from './sshd.ts'
import type { Studio } from './test.ts'
import { expect, test } from './test.ts'
import type { Words } from './words.ts'

const arm = '/subscriptions/s/resourceGroups/g/providers'

/** The line of the checklist. */
const check = (page: Page, name: string) => page.locator(`[data-check="${name}"]`)

async function fillMachine(page: Page, t: Words, machine: Machine, name: string) {
  await page.getByLabel(t('wizard.field.name')).fill(name)
  await page.getByRole('textbox', { name: t('attach.field.address') }).fill(machine.address)
  await page.getByRole('textbox', { name: t('attach.field.port') }).fill(String(machine.port))
  await page.getByRole('textbox', { name: t('ssh.userName') }).fill(machine.user)
  await page
    .getByRole('textbox', { name: t('ssh.key'), exact: false })
    .first()
    .fill(machine.key)
}

const get = (studio: Studio, name: string) =>
  studio.api<{ properties: { properties: Record<string, unknown>; provisioningState: string } }>(
    'GET',
    `/computes/${name}`,
  )

/** Flows that have a machine to attach. */
const withMachine = test.extend<{ machine: Machine }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from here
  machine: async ({}, use) => {
    const machine = await Machine.start()
    await machine.install('nvidia-smi', 'echo "GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-1)"')
    await machine.install('sudo', ':')
    await use(machine)
    await machine.end()
  },
})

withMachine.describe('a machine', () => {
  withMachine.skip(noMachine !== '', noMachine)

  withMachine(
    'F18: a machine is tried before it is attached: its key trusted, docker put there',
    async ({ page, studio, t, machine }) => {
      withMachine.slow() // four tests of the machine, each with its handshakes
      await studio.open('/compute/attached')
      await page
        .getByRole('link', { name: t('action.create') })
        .or(page.getByRole('button', { name: t('action.create') }))
        .click()
      await page.getByRole('link', { name: t('attach.type.attach-vm') }).click()
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(t('attach.title.attach-vm'))

      // Nothing is sent that is not complete.
      await page.getByRole('button', { name: t('test.run') }).click()
      await expect(page.getByText(t('attach.address.missing')).first()).toBeVisible()
      await expect(page.getByText(t('ssh.missing.privateKey')).first()).toBeVisible()

      await fillMachine(page, t, machine, 'lab')
      await page.getByRole('button', { name: t('test.run') }).click()
      await expect(check(page, 'tcp')).toHaveAttribute('data-status', 'ok')
      await expect(check(page, 'hostKey')).toHaveAttribute('data-status', 'warning')
      await expect(check(page, 'hostKey')).toContainText(machine.fingerprint)
      await expect(check(page, 'auth'), 'nobody signs in at a machine that is not trusted').toHaveAttribute(
        'data-status',
        'skipped',
      )

      await page.getByRole('button', { name: t('test.trust') }).click()
      await expect(check(page, 'auth')).toHaveAttribute('data-status', 'ok')
      await expect(check(page, 'gpu')).toContainText('RTX 4090')
      await expect(check(page, 'docker')).toHaveAttribute('data-status', 'failed')
      await check(page, 'docker')
        .getByRole('button', { name: t('test.help.copy', { check: t('test.docker') }) })
        .click()
      await expect.poll(() => clipboard(page)).toBe('sudo apt-get install -y docker.io')
      await expect(page.getByText(t('attach.test.failedHint'))).toBeVisible()

      // The key is trusted at this address, and at no other.
      const address = page.getByRole('textbox', { name: t('attach.field.address') })
      await expect(page.getByRole('region', { name: t('copy.cli') })).toContainText(machine.fingerprint)
      await address.fill('10.255.255.1')
      await expect(page.getByRole('region', { name: t('copy.cli') })).not.toContainText(machine.fingerprint)
      await address.fill(machine.address)
      await expect(page.getByRole('region', { name: t('copy.cli') })).toContainText(machine.fingerprint)

      await machine.install('docker', 'echo 27.5.1')
      await page.getByRole('button', { name: t('test.run') }).click()
      await expect(check(page, 'docker')).toHaveAttribute('data-status', 'ok')
      await expect(page.getByText(t('attach.test.failedHint'))).toBeHidden()

      // The key is in nothing that is kept or copied.
      await expect(page.getByRole('region', { name: t('copy.cli') })).toContainText('$PRIVATE_KEY')
      expect(await page.locator('aside').textContent()).not.toContain('OPENSSH')
      const line = (await page.getByRole('region', { name: t('copy.cli') }).textContent()) ?? ''
      await page.reload()
      await expect(page.getByText(t('wizard.draft'))).toBeVisible()
      await expect(page.getByRole('textbox', { name: t('attach.field.address') })).toHaveValue(machine.address)
      await expect(page.getByRole('textbox', { name: t('ssh.key') }).first()).toHaveValue('')
      expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('OPENSSH')

      await page
        .getByRole('textbox', { name: t('ssh.key') })
        .first()
        .fill(machine.key)
      await page.getByRole('button', { name: t('action.attach'), exact: true }).click()
      await expect(page.getByRole('rowheader', { name: 'lab' })).toBeVisible()
      const kept = await get(studio, 'lab')
      expect(kept.properties.properties).toMatchObject({
        address: machine.address,
        sshPort: machine.port,
        hostKey: machine.fingerprint,
      })
      expect(JSON.stringify(kept)).not.toContain('OPENSSH')
      const keys = await studio.api<{ administratorAccount: { privateKeyData: string } }>(
        'POST',
        '/computes/lab/listKeys',
      )
      expect(keys.administratorAccount.privateKeyData).toBe(machine.key)

      // The line that was copied makes the same, with the key from a variable.
      await studio.server.shell(line, { PRIVATE_KEY: machine.key })
      expect(await get(studio, 'lab')).toEqual(kept)

      // Its health is looked at on demand, and the trusted key is held against the one that it shows.
      await page.getByRole('link', { name: 'lab', exact: true }).click()
      await expect(page.getByText(t('attached.warning.title'))).toBeVisible()
      await page.getByRole('link', { name: t('details.view.health') }).click()
      await page
        .getByRole('textbox', { name: t('ssh.key') })
        .first()
        .fill(machine.key)
      await page.getByRole('button', { name: t('test.run') }).click()
      await expect(check(page, 'hostKey')).toHaveAttribute('data-status', 'ok')
      await expect(check(page, 'docker')).toHaveAttribute('data-status', 'ok')
    },
  )
})

withMachine.describe('a machine that goes', () => {
  withMachine.skip(noMachine !== '', noMachine)
  withMachine.use({ expected: [/status of 404/] }) // the page asks for what is gone

  withMachine('F20: a machine is detached and goes on', async ({ page, studio, t, machine }) => {
    await studio.api('PUT', '/computes/lab', {
      location: 'local',
      properties: {
        computeType: 'VirtualMachine',
        properties: {
          address: machine.address,
          sshPort: machine.port,
          administratorAccount: { username: machine.user, privateKeyData: machine.key },
        },
      },
    })
    await studio.open('/compute/attached/lab/overview')
    await page.getByRole('button', { name: t('action.detach') }).click()
    const dialog = page.getByRole('alertdialog', { name: t('compute.ask.detach', { name: 'lab' }) })
    await expect(dialog).toContainText(t('compute.impact.noJobs'))
    await expect(dialog).toContainText(t('compute.impact.detach'))
    await expect(dialog).toContainText(t('compute.impact.credentials'))
    await dialog.getByRole('button', { name: t('action.cancel') }).click()
    await expect(dialog).toBeHidden()
    await expect(page.getByRole('button', { name: t('action.detach') })).toBeFocused()

    await page.getByRole('button', { name: t('action.detach') }).click()
    await dialog.getByRole('button', { name: t('action.detach') }).click()
    await expect(page.locator('[data-deleted="lab"]')).toBeVisible()
    await expect(page.getByRole('button', { name: t('action.detach') })).toHaveAttribute('aria-disabled', 'true')
    expect(await machine.answers(), 'the machine is as it was').toBe(true)
    await expect(get(studio, 'lab')).rejects.toThrow('ComputeNotFound')
  })
})

test('F19: why there is no list of Kubernetes clusters, and what is wrong with an id', async ({ page, studio, t }) => {
  await studio.open('/compute/new/attach-kubernetes')
  await expect(page.getByText('Microsoft.ContainerService/managedClusters/read')).toBeVisible()
  const id = page.getByRole('textbox', { name: t('attach.field.resource'), exact: false }).first()
  await page.getByLabel(t('wizard.field.name')).fill('kube')
  await page.getByRole('button', { name: t('action.attach'), exact: true }).click()
  const types = 'Microsoft.ContainerService/managedClusters / Microsoft.Kubernetes/connectedClusters'
  await page.getByRole('button', { name: t('attach.resource.missing', { type: types }) }).click()
  await expect(id).toBeFocused()
  await id.fill(`${arm}/Microsoft.Compute/virtualMachines/v`)
  await expect(page.getByText(t('attach.resource.type', { type: types })).first()).toBeVisible()
  await id.fill(`${arm}/Microsoft.ContainerService/managedClusters/prod`)
  await page.getByRole('textbox', { name: t('attach.field.namespace') }).fill('ml')
  await page.getByRole('radio', { name: t('attach.field.identity.system') }).check()
  await page.getByRole('button', { name: t('action.attach'), exact: true }).click()
  await expect(page).toHaveURL(/\/compute\/kubernetes/)
  await page.getByRole('link', { name: 'kube', exact: true }).click()
  await expect(page.getByText('ml', { exact: true })).toBeVisible()
  const kept = await get(studio, 'kube')
  expect(kept.properties).toMatchObject({ properties: { namespace: 'ml', clusterPurpose: 'FastProd' } })
  // What was sent does not come back as a draft.
  await studio.open('/compute/new/attach-kubernetes')
  await expect(id).toHaveValue('')
  await expect(page.getByText(t('wizard.draft'))).toHaveCount(0)
})

test('another one like one that is attached, or like an inference cluster', async ({ page, studio, t }) => {
  const put = (name: string, properties: Record<string, unknown>) =>
    studio.api('PUT', `/computes/${name}`, { location: 'fake', properties })
  const resourceId = `${arm}/Microsoft.Kubernetes/connectedClusters/c`
  await put('kube', { computeType: 'Kubernetes', resourceId, properties: { namespace: 'ml' } })
  const properties = { agentCount: 2, agentVmSize: 'Standard_DS3_v2', clusterPurpose: 'DevTest' }
  await put('serve', { computeType: 'AKS', properties })
  const duplicate = async (tab: string, name: string) => {
    await studio.open(`/compute/${tab}`)
    await page.getByRole('button', { name: t('action.moreFor', { name }) }).click()
    await page.getByRole('menuitem', { name: t('action.duplicate') }).click()
    await expect(page).toHaveURL(new RegExp(`from=${name}`))
    await expect(page.getByLabel(t('wizard.field.name'))).toHaveValue('')
  }
  await duplicate('inference', 'serve')
  await expect(page.getByRole('textbox', { name: t('infer.nodes') })).toHaveValue('2')
  await expect(page.getByRole('radio', { name: t('infer.purpose.DevTest') })).toBeChecked()
  await expect(page.getByRole('radio', { name: 'Standard_DS3_v2', exact: true })).toBeChecked()
  await duplicate('kubernetes', 'kube')
  await expect(page.getByRole('textbox', { name: t('attach.field.resource') }).first()).toHaveValue(resourceId)
  await expect(page.getByRole('textbox', { name: t('attach.field.namespace') })).toHaveValue('ml')
  await page.getByLabel(t('wizard.field.name')).fill('kube-n2')
  await page.getByRole('button', { name: t('action.attach'), exact: true }).click()
  await expect(page.getByRole('rowheader', { name: 'kube-n2' })).toBeVisible()
  expect((await get(studio, 'kube-n2')).properties).toMatchObject({ resourceId, properties: { namespace: 'ml' } })
})

test('F12: tokens are in no draft, and other kinds are attached', async ({ page, studio, t }) => {
  await studio.open('/compute/new/attach-databricks')
  await page.getByLabel(t('wizard.field.name')).fill('bricks')
  await page
    .getByRole('textbox', { name: t('attach.field.resource') })
    .first()
    .fill(`${arm}/Microsoft.Databricks/workspaces/w`)
  await page.getByLabel(t('attach.field.token')).fill('hush-hush')
  await expect(page.getByRole('region', { name: t('copy.cli') })).toContainText('$DATABRICKS_TOKEN')
  await page.reload()
  await expect(page.getByLabel(t('wizard.field.name'))).toHaveValue('bricks')
  await expect(page.getByLabel(t('attach.field.token'))).toHaveValue('')
  await page.getByLabel(t('attach.field.token')).fill('hush-hush')
  await page.getByRole('button', { name: t('action.attach'), exact: true }).click()
  await expect(page.getByRole('rowheader', { name: 'bricks' })).toBeVisible()
  for (const [kind, name, id] of [
    ['attach-dla', 'lake', 'Microsoft.DataLakeAnalytics/accounts/a'],
    ['attach-synapse', 'spark', 'Microsoft.Synapse/workspaces/w/bigDataPools/p'],
  ] as const) {
    await studio.open(`/compute/new/${kind}`)
    await page.getByLabel(t('wizard.field.name')).fill(name)
    await page
      .getByRole('textbox', { name: t('attach.field.resource') })
      .first()
      .fill(`${arm}/${id}`)
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('rowheader', { name })).toBeVisible()
  }
  expect(JSON.stringify(await get(studio, 'bricks'))).not.toContain('hush-hush')
})

test.describe('who may only read', () => {
  test.use({ expected: [/status of 403/] }) // the name is looked up, which takes a permission of its own

  test('F35: sees what is attached, and why nothing can be done with it', async ({ page, studio, t }) => {
    await studio.api('PUT', '/computes/kube', {
      location: 'local',
      properties: {
        computeType: 'Kubernetes',
        resourceId: `${arm}/Microsoft.Kubernetes/connectedClusters/c`,
        properties: { namespace: 'ml' },
      },
    })
    await become(page, studio, await makeUser(studio, 'Reader'))
    const why = t('denied.reason', { action: 'computes/write' })
    await studio.open('/compute/new/attach-kubernetes')
    const attach = page.getByRole('button', { name: t('action.attach'), exact: true })
    await expect(attach).toHaveAttribute('aria-disabled', 'true')
    await attach.hover()
    await expect(page.getByRole('tooltip', { name: why })).toBeVisible()
    await page.getByLabel(t('wizard.field.name')).fill('other')
    await page
      .getByRole('textbox', { name: t('attach.field.resource') })
      .first()
      .fill(`${arm}/Microsoft.Kubernetes/connectedClusters/c`)
    await page.keyboard.press('Control+Enter')
    await expect(page).toHaveURL(/attach-kubernetes/)

    await studio.open('/compute/new/attach-vm')
    const tryIt = page.getByRole('button', { name: t('test.run') })
    await expect(tryIt).toHaveAttribute('aria-disabled', 'true')

    await studio.open('/compute/kubernetes/kube/overview')
    await expect(page.getByText('ml', { exact: true })).toBeVisible()
    await expect(page.getByRole('button', { name: t('action.detach') })).toHaveAttribute('aria-disabled', 'true')
    const { value } = await studio.api<{ value: { name: string }[] }>('GET', '/computes')
    expect(value.map((c) => c.name)).toEqual(['kube'])
  })
})
