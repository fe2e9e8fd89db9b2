/** Things that flows make by the API: what they look at is the studio. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Locator } from '@playwright/test'
import { eventually } from './server.ts'
import type { Studio } from './test.ts'

export type Scale = { min?: number; max?: number; idle?: string; size?: string; priority?: 'Dedicated' | 'LowPriority' }

/** A cluster in the pretend cloud; without jobs it has no nodes. */
export async function makeCluster(studio: Studio, name: string, scale: Scale = {}): Promise<void> {
  await studio.api('PUT', `/computes/${name}`, {
    location: 'fake',
    properties: {
      computeType: 'AmlCompute',
      properties: {
        vmSize: scale.size ?? 'Standard_DS3_v2',
        vmPriority: scale.priority ?? 'Dedicated',
        scaleSettings: {
          minNodeCount: scale.min ?? 0,
          maxNodeCount: scale.max ?? 3,
          nodeIdleTimeBeforeScaleDown: scale.idle ?? 'PT2M',
        },
      },
    },
  })
}

/** An instance in the pretend cloud, once it runs. */
export async function makeInstance(studio: Studio, name: string, more: Record<string, unknown> = {}): Promise<void> {
  await studio.api('PUT', `/computes/${name}`, {
    location: 'fake',
    properties: { computeType: 'ComputeInstance', properties: { vmSize: 'Standard_DS3_v2', ...more } },
  })
  await eventually(`${name} runs`, async () => {
    const c = await studio.api<{ properties: { properties: { state: string } } }>('GET', `/computes/${name}`)
    return c.properties.properties.state === 'Running'
  })
}

/** A job that runs a line of shell on some nodes. */
export async function makeJob(
  studio: Studio,
  name: string,
  compute: string,
  command: string,
  nodes = 1,
  more: Record<string, unknown> = {},
): Promise<void> {
  await studio.api('PUT', `/jobs/${name}`, {
    properties: { jobType: 'Command', command, computeId: compute, resources: { instanceCount: nodes }, ...more },
  })
}

export const jobStatus = async (studio: Studio, name: string): Promise<string> =>
  (await studio.api<{ properties: { status: string } }>('GET', `/jobs/${name}`)).properties.status

/** Types "z", and "y" while the address takes up the "z", as people who type do. No name that a node is given has them. */
export async function typeOn(field: Locator): Promise<void> {
  await field.focus()
  await field.evaluate(() => {
    const replace = history.replaceState
    history.replaceState = (...args) => {
      history.replaceState = replace
      replace.apply(history, args)
      document.execCommand('insertText', false, 'y')
    }
    document.execCommand('insertText', false, 'z')
  })
  await expect(field.page()).toHaveURL(/q=zy/)
  await expect(field).toHaveValue('zy')
}

/** A door that jobs wait at until a flow opens it. */
export class Gate {
  readonly #dir: string
  private constructor(dir: string) {
    this.#dir = dir
  }
  static async make(): Promise<Gate> {
    return new Gate(await mkdtemp(join(tmpdir(), 'atelier-gate-')))
  }
  /** The line of a job that waits at the door. */
  get wait(): string {
    return `while [ ! -e ${this.#dir}/open ]; do sleep 0.1; done`
  }
  async open(): Promise<void> {
    await access(this.#dir)
    await writeFile(join(this.#dir, 'open'), '')
  }
  async remove(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true })
  }
}
