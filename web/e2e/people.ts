/** Users of a flow's workspace, who sign in with a password. */
import { expect, type Page } from '@playwright/test'
import type { Studio } from './test.ts'

export type Person = { name: string; password: string }

let count = 0

/** A user with a role, as Azure names it. */
export async function makeUser(studio: Studio, role: string): Promise<Person> {
  const person = { name: `${studio.ws}-u${++count}`, password: `correct horse ${count}` }
  await studio.api('PUT', `/principals/${person.name}`, { properties: { kind: 'user', role } })
  await setPassword(studio, person)
  return person
}

/** Sets the password, which ends the user's sessions. */
export const setPassword = (studio: Studio, { name, password }: Person): Promise<unknown> =>
  studio.api('POST', `/principals/${name}/password`, { new: password })

/** Signs the page's browser in as somebody, without the page. */
export async function become(page: Page, studio: Studio, { name, password }: Person): Promise<void> {
  await page.context().clearCookies()
  const response = await page.request.post(`${studio.server.base}/signin`, {
    data: { user: name, password },
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      Origin: studio.server.base,
      'Sec-Fetch-Site': 'same-origin',
    },
  })
  expect(response.status(), await response.text()).toBe(204)
}
