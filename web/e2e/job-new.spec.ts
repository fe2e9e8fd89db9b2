import type { Page } from '@playwright/test'
import { Gate, jobStatus, makeCluster, makeJob } from './making.ts'
import { expect, test } from './test.ts'
import type { Words } from './words.ts'

const mode = (page: Page, t: Words, which: 'form' | 'yaml') =>
  page
    .getByRole('tablist', { name: t('jobnew.mode') })
    .getByRole('tab', { name: t(`jobnew.mode.${which}`), exact: true })
const yaml = (page: Page, t: Words) => page.getByRole('textbox', { name: t('jobnew.yaml') })
const command = (page: Page, t: Words) => page.getByRole('textbox', { name: t('jobnew.command') })
const submit = (page: Page, t: Words) => page.getByRole('button', { name: t('action.submit'), exact: true })

test('F27: a job from the form and from YAML, there and back, and to its end with its log', async ({
  page,
  studio,
  t,
}) => {
  const door = await Gate.make()
  await makeCluster(studio, 'cpu', { max: 2 })
  await studio.open('/jobs')
  await expect(page.getByRole('heading', { name: t('jobs.empty') })).toBeVisible()
  await page
    .getByRole('main')
    .getByRole('button', { name: t('jobs.new') })
    .first()
    .click()
  await page.getByRole('combobox', { name: t('jobnew.compute') }).selectOption('cpu')
  await expect(page.locator('[data-wait="jobnew.compute.scale"]')).toBeVisible()
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how a command names an input
  await command(page, t).fill('echo epochs=${{inputs.epochs}}')
  await page.getByRole('button', { name: t('jobnew.inputs.add') }).click()
  await page.getByRole('textbox', { name: t('jobnew.input.name', { n: 1 }) }).fill('epochs')
  await page.getByRole('textbox', { name: t('jobnew.input.value', { n: 1 }) }).fill('3')
  await page.getByRole('button', { name: t('jobnew.variables.add') }).click()
  await page.getByRole('textbox', { name: t('jobnew.variable.key', { n: 1 }) }).fill('WHO')
  await page.getByRole('textbox', { name: t('jobnew.variable.value', { n: 1 }) }).fill('세계')
  await page.getByRole('textbox', { name: t('jobnew.timeout') }).fill('90m')

  await mode(page, t, 'yaml').click()
  await expect(page).toHaveURL(/mode=yaml/)
  await expect(yaml(page, t)).toHaveValue(/inputs:\n {2}epochs: 3\n/)
  await expect(yaml(page, t)).toHaveValue(/limits:\n {2}timeout: 5400\n/)
  const pasted = `# 우리가 학습하는 방법
type: command
name: hello-1
display_name: 손글씨 학습
command: >-
  echo hello $WHO \${{inputs.epochs}} &&
  ${door.wait} && mkdir -p outputs && echo '{}' > outputs/m.json && echo bye
inputs: {epochs: 3}  # enough
environment_variables:
  WHO: 세계
compute: azureml:cpu
services:
  tb: {type: tensor_board}
tags: {team: vision}
`
  await yaml(page, t).fill(pasted)
  await mode(page, t, 'form').click()
  await expect(page.getByRole('textbox', { name: t('jobnew.name') })).toHaveValue('hello-1')
  await expect(page.getByRole('textbox', { name: t('jobnew.displayName') })).toHaveValue('손글씨 학습')
  await expect(page.getByRole('textbox', { name: t('jobnew.input.value', { n: 1 }) })).toHaveValue('3')
  await expect(page.getByText(t('jobnew.rest', { keys: 'services' }))).toBeVisible()
  await mode(page, t, 'yaml').click()
  await expect(yaml(page, t)).toHaveValue(pasted)

  await mode(page, t, 'form').click()
  await page.getByRole('textbox', { name: t('jobnew.input.value', { n: 1 }) }).fill('5')
  await submit(page, t).click()
  await expect(page).toHaveURL(/\/jobs\/hello-1\/overview/)
  await expect(page.getByRole('heading', { level: 1, name: '손글씨 학습' })).toBeVisible()
  await expect(page.locator('[data-step=running][aria-current=step]')).toBeVisible({ timeout: 30_000 })
  await page.getByRole('link', { name: t('job.tab.logs'), exact: true }).click()
  await expect(page.locator('[data-line="1"]')).toContainText('hello 세계 5')
  await expect(page.locator('[data-phase]')).toHaveText(t('log.phase.following'))
  await door.open()
  await expect(page.locator('[data-line="2"]')).toContainText('bye')
  await expect(page.locator('[data-phase]')).toHaveText(t('log.phase.ended'))
  await expect(page.locator('[data-state=Completed]')).toBeVisible()
  await page.getByRole('link', { name: t('job.tab.outputs'), exact: true }).click()
  await page.getByRole('treeitem', { name: 'm.json' }).click()
  await expect(page.getByRole('region', { name: t('job.outputs.preview', { name: 'm.json' }) })).toHaveText(/{}/)
  await door.remove()
  const sent = await studio.api<{ properties: Record<string, unknown> }>('GET', '/jobs/hello-1')
  expect(sent.properties).toMatchObject({
    inputs: { epochs: { value: '5' } },
    environmentVariables: { WHO: '세계' },
    tags: { team: 'vision' },
    services: { tb: { jobServiceType: 'TensorBoard' } },
  })
})

test.describe('expecting refusals', () => {
  test.use({ expected: [/status of 40\d/] })
  test('F27: what is wrong is told at its field, before and after the server has seen it', async ({
    page,
    studio,
    t,
  }) => {
    await makeCluster(studio, 'cpu', { max: 2 })
    await studio.open('/jobs/new?compute=cpu')
    await expect(page.getByRole('combobox', { name: t('jobnew.compute') })).toHaveValue('cpu')
    await submit(page, t).click()
    await expect(command(page, t)).toBeFocused()
    await expect(page.getByText(t('jobnew.command.missing')).first()).toBeVisible()
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a command's own
    await command(page, t).fill('echo ${{inputs.none}}')
    await page.getByRole('textbox', { name: t('jobnew.instances') }).fill('５')
    await expect(page.locator('[data-wait="jobnew.compute.tooMany"]')).toBeVisible()
    await submit(page, t).click()
    const field = page.getByRole('textbox', { name: t('jobnew.command') })
    await expect(field).toHaveAttribute('aria-invalid', 'true')
    await field.fill('echo x')
    await submit(page, t).click()
    await expect(page.getByRole('textbox', { name: t('jobnew.instances') })).toHaveAttribute('aria-invalid', 'true')
    await page.getByRole('textbox', { name: t('jobnew.instances') }).fill('2')

    await mode(page, t, 'yaml').click()
    await yaml(page, t).fill('command: x\ncompute: [')
    await expect(yaml(page, t)).toHaveAttribute('aria-invalid', 'true')
    await yaml(page, t).fill('command: python train.py\ncompute: cpu\ncode: ./src\nspeed: 9\n')
    await expect(page.getByText(t('jobnew.yaml.local', { what: 'code', path: './src' })).first()).toBeVisible()
    await expect(page.getByText(t('jobnew.yaml.unknown', { key: 'speed' })).first()).toBeVisible()
    await expect(page.getByText(`atelier job submit -f job.yml --stream --workspace ${studio.ws}`)).toBeVisible()
    await submit(page, t).click()
    await expect(page).toHaveURL(/\/jobs\/new/)
  })

  test('F10: the line that is shown submits the same job', async ({ page, studio, server, t }) => {
    await makeCluster(studio, 'cpu', { max: 2 })
    await studio.open('/jobs/new?compute=cpu')
    await command(page, t).fill(`echo "it's" $HOME`)
    await page.getByRole('textbox', { name: t('jobnew.name') }).fill('by-line')
    await page.getByRole('textbox', { name: t('jobnew.instances') }).fill('2')
    const line = (await page.getByRole('region', { name: t('copy.cli') }).textContent()) ?? ''
    await server.shell(line)
    await submit(page, t).click()
    // The same job again is the same job.
    await expect(page).toHaveURL(/\/jobs\/by-line\/overview/)
    await expect
      .poll(async () => (await studio.api<{ properties: { command: string } }>('GET', '/jobs/by-line')).properties)
      .toMatchObject({ command: `echo "it's" $HOME`, resources: { instanceCount: 2 } })
    await expect(page.locator('main header [data-state=Completed]')).toBeVisible({ timeout: 30_000 })
  })
})

test('a job like another; the name is free', async ({ page, studio, t }) => {
  await makeCluster(studio, 'cpu', { max: 2 })
  await makeJob(studio, 'first', 'cpu', 'echo one', 2)
  await expect.poll(() => jobStatus(studio, 'first'), { timeout: 30_000 }).toBe('Completed')
  await studio.open('/jobs/first/overview')
  await page.getByRole('button', { name: t('action.duplicate') }).click()
  await expect(page).toHaveURL(/from=first/)
  await expect(page.getByText(t('jobnew.from', { name: 'first' }))).toBeVisible()
  await expect(command(page, t)).toHaveValue('echo one')
  await expect(page.getByRole('textbox', { name: t('jobnew.instances') })).toHaveValue('2')
  await expect(page.getByRole('textbox', { name: t('jobnew.name') })).toHaveValue('')
  await page.keyboard.press('Control+Enter')
  await expect(page.locator('[data-state=Completed]')).toBeVisible({ timeout: 30_000 })
  expect(page.url()).not.toContain('/first/')
})

test('a job like another: what is typed stays while the other goes on, and over a reload', async ({
  page,
  studio,
  t,
}) => {
  const door = await Gate.make()
  await makeCluster(studio, 'cpu', { max: 2 })
  await studio.api('PUT', '/computes/kube', {
    location: 'local',
    properties: {
      computeType: 'Kubernetes',
      resourceId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Kubernetes/connectedClusters/c',
    },
  })
  await makeJob(studio, 'first', 'cpu', door.wait)
  await expect.poll(() => jobStatus(studio, 'first'), { timeout: 30_000 }).toBe('Running')
  await studio.open('/jobs/new?from=first')
  await expect(command(page, t)).toHaveValue(door.wait)
  // What is attached runs no jobs, and is not offered.
  await expect(page.getByRole('combobox', { name: t('jobnew.compute') }).getByRole('option')).toHaveText([
    t('jobnew.compute.choose'),
    /^cpu /,
  ])
  await command(page, t).fill('echo typed')
  const again = page.waitForResponse((r) => r.url().includes('/jobs/first?'))
  await door.open()
  await expect.poll(() => jobStatus(studio, 'first'), { timeout: 30_000 }).toBe('Completed')
  await again
  await expect(page.getByText(t('jobnew.compute.jobs', { running: 0, waiting: 0 }))).toBeVisible()
  await expect(command(page, t)).toHaveValue('echo typed')
  await door.remove()

  await page.reload()
  await expect(page.getByText(t('wizard.draft'))).toBeVisible()
  await expect(command(page, t)).toHaveValue('echo typed')
  // A job of nobody's like is another draft, and Cancel forgets its own.
  await studio.open('/jobs/new')
  await expect(command(page, t)).toHaveValue('')
  await studio.open('/jobs/new?from=first')
  await expect(command(page, t)).toHaveValue('echo typed')
  await page.getByRole('button', { name: t('action.cancel'), exact: true }).click()
  await expect(page).toHaveURL(/\/jobs$/)
  await studio.open('/jobs/new?from=first')
  await expect(command(page, t)).toHaveValue(door.wait)
})
