/** A machine to attach: OpenSSH's own server on a port of this machine, with tools that come and go. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from './server.ts'

const run = promisify(execFile)
const binary = '/usr/sbin/sshd'

/** Why there can be no such machine here, if so. */
export const noMachine = existsSync(binary)
  ? ''
  : 'OpenSSH’s server is not installed: apt-get install openssh-server (scripts/need-system)'

export class Machine {
  readonly address = '127.0.0.1'
  readonly user = userInfo().username
  readonly port: number
  /** Private key of who is let in. */
  readonly key: string
  readonly fingerprint: string
  #dir: string
  #process: ChildProcess

  private constructor(dir: string, port: number, key: string, fingerprint: string, process: ChildProcess) {
    this.#dir = dir
    this.port = port
    this.key = key
    this.fingerprint = fingerprint
    this.#process = process
  }

  static async start(): Promise<Machine> {
    const dir = await mkdtemp(join(tmpdir(), 'atelier-machine-'))
    await chmod(dir, 0o755)
    const tools = join(dir, 'tools')
    await mkdir(tools)
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true }) // where it separates privileges
    for (const name of ['host', 'mine'])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)])
    const config = [
      `HostKey ${join(dir, 'host')}`,
      `AuthorizedKeysFile ${join(dir, 'mine.pub')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      'PidFile none',
      `SetEnv PATH=${tools}:/usr/bin:/bin`,
    ].join('\n')
    await writeFile(join(dir, 'sshd_config'), `${config}\n`)
    const port = await freePort()
    const child = spawn(binary, ['-D', '-e', '-f', join(dir, 'sshd_config'), '-o', `ListenAddress=127.0.0.1:${port}`], {
      stdio: 'ignore',
    })
    const { stdout } = await run('ssh-keygen', ['-lf', join(dir, 'host.pub')])
    const key = await readFile(join(dir, 'mine'), 'utf8')
    const machine = new Machine(dir, port, key, stdout.split(' ')[1] ?? '', child)
    await eventually('the machine answers', () => machine.answers())
    return machine
  }

  /** Whether somebody listens there. */
  answers(): Promise<boolean> {
    return new Promise((done) => {
      const socket = connect(this.port, this.address)
      socket.once('data', () => {
        socket.destroy()
        done(true)
      })
      socket.once('error', () => done(false))
    })
  }

  /** Installs a program, which is a script for the shell. */
  async install(name: string, script: string): Promise<void> {
    await writeFile(join(this.#dir, 'tools', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  async end(): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done))
    this.#process.kill()
    await ended
    await rm(this.#dir, { recursive: true, force: true })
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}
