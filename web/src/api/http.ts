/** The dialect of the server: paths, api-version, the error envelope, pages, and operations that go on. */

export const apiVersion = '2026-11-01-atelier'

/** One workspace, as the session names it. */
export type WorkspaceRef = { subscription: string; resourceGroup: string; name: string; location: string }

/** Path of a workspace, without a slash at the end. */
export function workspacePath(ws: WorkspaceRef): string {
  return `/subscriptions/${ws.subscription}/resourceGroups/${ws.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${ws.name}`
}

/** Path of one of a workspace's locations. */
export function locationPath(ws: WorkspaceRef, location: string): string {
  return `/subscriptions/${ws.subscription}/providers/Microsoft.MachineLearningServices/locations/${location}`
}

/** What the server refused, in its words: what is wrong, why, and what would help. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly target: string
  readonly requestId: string

  constructor(status: number, code: string, message: string, target = '', requestId = '') {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.target = target
    this.requestId = requestId
  }
}

export const isStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status

type Query = Record<string, string | number | boolean | undefined>

export type RequestOptions = { query?: Query; body?: unknown; signal?: AbortSignal; headers?: Record<string, string> }

/** The address of something below a workspace or location, with the api-version. */
export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, String(value))
  }
  if (!params.has('api-version') && /^\/(subscriptions|me)\//.test(path)) params.set('api-version', apiVersion)
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

/** Sends one request. Throws an ApiError when the server refuses, with status 0 when it cannot be reached. */
export async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers }
  let body: BodyInit | undefined
  if (options.body !== undefined) {
    headers['Content-Type'] ??= 'application/json'
    body = JSON.stringify(options.body)
  }
  let response: Response
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal ?? null,
      credentials: 'same-origin',
      cache: 'no-store', // a browser's cache lets tabs that ask for the same wait for one another
    })
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new ApiError(0, 'Unreachable', 'the server does not answer')
  }
  if (!response.ok) throw await errorOf(response)
  return response
}

async function errorOf(response: Response): Promise<ApiError> {
  const id = response.headers.get('x-ms-request-id') ?? ''
  try {
    const { error } = (await response.json()) as { error?: { code?: string; message?: string; target?: string } }
    return new ApiError(
      response.status,
      error?.code ?? 'Unknown',
      error?.message ?? response.statusText,
      error?.target ?? '',
      id,
    )
  } catch {
    return new ApiError(response.status, 'Unknown', response.statusText || `status ${response.status}`, '', id)
  }
}

async function json<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  const response = await send(method, path, options)
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, options?: RequestOptions): Promise<T> => json<T>('GET', path, options)
export const put = <T>(path: string, options?: RequestOptions): Promise<T> => json<T>('PUT', path, options)
export const patch = <T>(path: string, options?: RequestOptions): Promise<T> => json<T>('PATCH', path, options)
export const post = <T>(path: string, options?: RequestOptions): Promise<T> => json<T>('POST', path, options)
export const del = <T>(path: string, options?: RequestOptions): Promise<T> => json<T>('DELETE', path, options)

type Page<T> = { value: T[]; nextLink?: string | null }

/** Follows nextLink up to a number of items; more says that there would be further ones. */
export async function list<T>(
  path: string,
  options: RequestOptions & { most?: number } = {},
): Promise<{ items: T[]; more: boolean }> {
  const most = options.most ?? 10_000
  const items: T[] = []
  let page = await get<Page<T>>(path, options)
  items.push(...page.value)
  while (page.nextLink && items.length < most) {
    const next = new URL(page.nextLink, location.origin)
    page = await get<Page<T>>(next.pathname, { query: Object.fromEntries(next.searchParams), signal: options.signal })
    items.push(...page.value)
  }
  return { items, more: Boolean(page.nextLink) }
}

/** A request whose work goes on: the address at which to ask how far it is, or ''. */
export async function begin(method: string, path: string, options?: RequestOptions): Promise<string> {
  const response = await send(method, path, options)
  const at = response.headers.get('Azure-AsyncOperation') ?? response.headers.get('Location') ?? ''
  return at && new URL(at, location.origin).pathname + new URL(at, location.origin).search
}
