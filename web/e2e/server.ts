/** One real server for the tests of a worker: the binary under test, with a data directory of its own and the pretend cloud. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const binary = resolve(process.env.ATELIER_BIN ?? '../bin/atelier')
const patience = 60_000

export const subscription = '00000000-0000-0000-0000-000000000000'
const provider = 'providers/Microsoft.MachineLearningServices/workspaces'
export const workspacePath = (name: string) =>
  `/subscriptions/${subscription}/resourceGroups/default/${provider}/${name}`

export class Server {
  readonly dir: string
  #flags: string[]
  #process: ChildProcess | undefined
  #agent = new Agent({ rejectUnauthorized: false, keepAlive: true })
  #said = ''
  base = ''
  token = ''

  private constructor(dir: string, flags: string[]) {
    this.dir = dir
    this.#flags = flags
  }

  static async start(flags: string[] = []): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'atelier-studio-')), flags)
    await server.up()
    return server
  }

  /** Starts it, or starts it again: then at the same address, so that browsers find it. */
  async up(): Promise<void> {
    const env = join(this.dir, 'env.sh')
    await rm(env, { force: true })
    const listen = this.base ? new URL(this.base).host : '127.0.0.1:0'
    const flags = [
      'up',
      '--data-dir',
      this.dir,
      '--listen',
      listen,
      '--print-env',
      env,
      '--unique-in-workspace',
      '--fake-location',
      '--fake-boot',
      '500ms',
      ...this.#flags,
    ]
    const child = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    const hear = (data: Buffer) => {
      this.#said += data.toString()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    await eventually('the server is ready', async () => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${this.#said}`)
      return (await readFile(env, 'utf8').catch(() => '')).length > 0
    })
    const local = JSON.parse(await readFile(join(this.dir, 'run', 'cli.json'), 'utf8')) as {
      endpoint: string
      token: string
    }
    this.base = local.endpoint
    this.token = local.token
  }

  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await ended
  }

  /** Removes all computes, so that their nodes go, then ends the server, then what is left of its nodes. */
  async end(): Promise<void> {
    try {
      const { value } = await this.api<{ value: { name: string }[] }>(
        'GET',
        `/subscriptions/${subscription}/${provider}`,
      )
      for (const ws of value) await this.removeComputes(ws.name)
    } finally {
      await this.down()
      for (const pid of await this.#processes()) process.kill(pid, 'SIGKILL')
      await rm(this.dir, { recursive: true, force: true })
    }
  }

  async removeComputes(ws: string): Promise<void> {
    const all = () =>
      this.api<{ value: { name: string; properties: { isAttachedCompute: boolean } }[] }>(
        'GET',
        `${workspacePath(ws)}/computes`,
      )
    for (const c of (await all()).value) {
      const action = c.properties.isAttachedCompute ? 'Detach' : 'Delete'
      await this.api('DELETE', `${workspacePath(ws)}/computes/${c.name}`, undefined, {
        underlyingResourceAction: action,
      }).catch(() => undefined)
    }
    await eventually('the computes are gone', async () => (await all()).value.length === 0)
  }

  async #processes(): Promise<number[]> {
    const found: number[] = []
    for (const pid of await readdir('/proc').catch(() => [] as string[])) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
      const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (args.includes(`${this.dir}/`)) found.push(Number(pid))
    }
    return found
  }

  /** One request as the local command line. */
  api<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    query: Record<string, string> = {},
    token = this.token,
  ): Promise<T> {
    const at = new URL(path, this.base)
    at.searchParams.set('api-version', '2026-11-01-atelier')
    for (const [k, v] of Object.entries(query)) at.searchParams.set(k, v)
    const data = body === undefined ? undefined : JSON.stringify(body)
    const headers: Record<string, string> = { Authorization: `Bearer ${token}`, Accept: 'application/json' }
    if (data) headers['Content-Type'] = 'application/json'
    return new Promise((done, failed) => {
      const req = request(at, { method, agent: this.#agent, headers }, (res) => {
        let text = ''
        res.on('data', (d: Buffer) => {
          text += d.toString()
        })
        res.on('end', () => {
          if ((res.statusCode ?? 500) >= 300) failed(new Error(`${method} ${path}: ${res.statusCode} ${text}`))
          else done((text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as T)
        })
      })
      req.on('error', failed)
      req.end(data)
    })
  }

  /** Runs the command line against it. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await run(binary, [...args, '--data-dir', this.dir])
    return stdout
  }

  /** Runs a line that the studio showed, as a user would in a shell. */
  async shell(line: string, env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run('sh', ['-c', line], {
      env: { ...process.env, ATELIER_DATA_DIR: this.dir, PATH: `${resolve(binary, '..')}:${process.env.PATH}`, ...env },
    })
    return stdout
  }
}

/** Waits for what a real process does in its own time. */
export async function eventually(what: string, done: () => Promise<boolean>, within = patience): Promise<void> {
  const until = Date.now() + within
  while (!(await done())) {
    if (Date.now() > until) throw new Error(`waited ${within} ms in vain until ${what}`)
    await new Promise((r) => setTimeout(r, 50))
  }
}
