/** What a form makes and posts: the body of a PUT. Whatever shows it to copy, a command line or code, is made of it. */
import type { WorkspaceRef } from '~/api/http.ts'
import type { ComputeBody } from '~/api/queries/compute.ts'

export type ComputeDocument = { name: string; body: ComputeBody }

/** A document that holds placeholders for what is secret. */
export type SafeDocument = ComputeDocument & { hasSecrets: boolean }

/** Where it goes: the server as the browser knows it, and the workspace. */
export type Place = { origin: string; ws: WorkspaceRef }

/** What a new installation has, and the command line takes if nothing else is said. */
export const defaultWorkspace = {
  name: 'default',
  resourceGroup: 'default',
  subscription: '00000000-0000-0000-0000-000000000000',
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }

/** Members that are secret, and the variable that stands for each. */
const secrets: Record<string, string> = {
  adminUserPassword: 'ADMIN_PASSWORD',
  password: 'PASSWORD',
  privateKeyData: 'PRIVATE_KEY',
  passphrase: 'PASSPHRASE',
  privateKeyPassphrase: 'PRIVATE_KEY_PASSPHRASE',
  databricksAccessToken: 'DATABRICKS_TOKEN',
  accessToken: 'ACCESS_TOKEN',
  clientSecret: 'CLIENT_SECRET',
  credentials: 'CREDENTIALS',
  kubeConfig: 'KUBECONFIG_TEXT',
}

const open = '\uE000'
const close = '\uE001'
const placeholder = new RegExp(`${open}([A-Z_]+)${close}`, 'g')

/** The document with a placeholder for every secret that has a value; variables are those that it needs. */
export function withoutSecrets(body: ComputeBody): { body: ComputeBody; variables: string[] } {
  const variables: string[] = []
  const hide = (value: Json, key = '', parent = ''): Json => {
    const isKey = key === 'key' && parent === 'sslConfiguration'
    const variable = isKey ? 'SSL_KEY' : secrets[key]
    if (typeof value === 'string' && value !== '' && variable) {
      if (!variables.includes(variable)) variables.push(variable)
      return `${open}${variable}${close}`
    }
    if (Array.isArray(value)) return value.map((v) => hide(v, '', key))
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, v === undefined ? v : hide(v, k, key)]))
    }
    return value
  }
  return { body: hide(body as unknown as Json) as unknown as ComputeBody, variables }
}

/** Text with every placeholder written as write says. */
export const fillSecrets = (text: string, write: (variable: string) => string): string =>
  text.replace(placeholder, (_, variable: string) => write(variable))

/** The variable that a string is the placeholder of, if it is one. */
export const secretOf = (text: string): string | undefined => new RegExp(`^${placeholder.source}$`).exec(text)?.[1]

/** The object without members that are undefined, so that it is what JSON makes of it. */
export function tidy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
