/** Signing in: by token, password and link, and back to where one wanted to go. */
import { become, makeUser, setPassword } from './people.ts'
import { expect, test } from './test.ts'

test.use({ expected: [/status of 40[13]/] })

test('F01: a wrong token, the right one, a password: each leads back to the address, with its query', async ({
  page,
  studio,
  t,
}) => {
  const { server, ws } = studio
  const person = await makeUser(studio, 'Reader')
  await page.context().clearCookies()
  const wanted = `/w/${ws}/activity?verb=created`
  await page.goto(server.base + wanted)
  await expect(page).toHaveURL((url) => url.pathname === '/signin' && url.searchParams.get('next') === wanted)
  await page.getByRole('tab', { name: t('signin.token.tab') }).click()
  const token = page.getByLabel(t('signin.token'))
  await page.evaluate(() => navigator.clipboard.writeText('not-a-token'))
  await token.focus()
  await page.keyboard.press('Control+V')
  await expect(token).toHaveValue('not-a-token')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert').getByText(t('signin.badToken'))).toBeVisible()
  await token.fill(server.token)
  await page.getByRole('button', { name: t('signin.submit') }).click()
  await expect(page).toHaveURL(server.base + wanted)
  await expect(page.getByLabel(t('activity.verb'), { exact: true })).toHaveValue('created')

  await page.getByRole('button', { name: /local/ }).click()
  await page.getByRole('menuitem', { name: t('shell.signOut') }).click()
  await expect(page).toHaveURL(`${server.base}/signin`)
  await page.goto(server.base + wanted)
  const user = page.getByLabel(t('signin.user'))
  const password = page.getByLabel(t('signin.password'), { exact: false })
  await expect(user).toHaveAttribute('autocomplete', 'username')
  await expect(page.locator('input[type=password]')).toHaveAttribute('autocomplete', 'current-password')
  await user.fill(person.name)
  await password.fill(person.password)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(server.base + wanted)
  await expect(page.getByRole('button', { name: new RegExp(person.name) })).toBeVisible()
})

test('the sign-in page says what is missing and what is wrong, and never leads to another site', async ({
  page,
  studio,
  t,
}) => {
  const person = await makeUser(studio, 'Reader')
  await page.context().clearCookies()
  await page.goto(`${studio.server.base}/signin?next=//evil.example/&over=1`)
  await expect(page.getByText(t('signin.again'))).toBeVisible()
  await expect(page.getByLabel(t('signin.user'))).toBeFocused()
  await page.getByRole('button', { name: t('signin.submit') }).click()
  await expect(page.getByText(t('signin.missing'))).toHaveCount(2)
  await page.getByLabel(t('signin.user')).fill(person.name)
  const password = page.locator('input[type=password]')
  await password.fill('wrong password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert').getByText(t('signin.wrong'))).toBeVisible()
  await page.getByRole('button', { name: '한국어' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko')
  await page.getByRole('button', { name: 'English' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expect(page.getByLabel('User name')).toHaveValue(person.name)
  await password.fill(person.password)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL((url) => url.origin === studio.server.base && url.pathname === `/w/${studio.ws}`)
  // The language that was chosen stays, whatever the browser's is.
  const profile = async () =>
    (await page.request.get(`${studio.server.base}/me/profile?api-version=2026-11-01-atelier`)).json()
  await expect.poll(profile).toMatchObject({ language: 'en' })
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await page.goto(`${studio.server.base}/signin`)
  await expect(page.getByRole('heading', { level: 1, name: t('signin.title') })).toBeVisible()
})

test('a link that was used says so, and lets sign in otherwise', async ({ page, studio, t }) => {
  const person = await makeUser(studio, 'Reader')
  const { link } = await studio.api<{ link: string }>('POST', `/principals/${person.name}/signInLink`)
  await page.context().clearCookies()
  await page.goto(link)
  await page.getByRole('button', { name: t('signin.submit') }).click()
  await expect(page).toHaveURL((url) => url.pathname === `/w/${studio.ws}`)
  await page.context().clearCookies()
  await page.goto(link)
  await page.getByRole('button', { name: t('signin.submit') }).click()
  await expect(page.locator('input[name=user]')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: t('signin.title') })).toBeVisible()
})

test('a session that ends leads to sign in, and back with what was typed', async ({ page, studio, t }) => {
  const person = await makeUser(studio, 'Contributor')
  await become(page, studio, person)
  await studio.open('/compute/new/cluster?step=advanced')
  const name = page.getByRole('textbox', { name: t('wizard.field.name') })
  await expect(name).not.toHaveValue('') // one is proposed
  await name.fill('kept-name')
  await expect(page.locator('[data-freshness=live]')).toBeVisible()
  await setPassword(studio, person)
  await expect(page).toHaveURL(/\/signin\?.*over=/, { timeout: 20_000 }) // streams are looked through every 15 s
  await expect(page.getByText(t('signin.again'))).toBeVisible()
  await page.getByLabel(t('signin.user')).fill(person.name)
  await page.locator('input[type=password]').fill(person.password)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/compute\/new\/cluster\?.*step=advanced/)
  await expect(name).toHaveValue('kept-name')
  await expect(page.locator('[data-freshness=live]')).toBeVisible()
})
