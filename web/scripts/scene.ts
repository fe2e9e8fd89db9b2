/** What the pictures show: a workspace in which people work. Everything in it is real, on the pretend cloud. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, type Server, workspacePath } from '../e2e/server.ts'

export const ws = 'vision'
const password = 'a picture of a password'

/** Makes the workspace, and kim, who works in it; gives back how kim signs in. */
export async function people(server: Server): Promise<{ user: string; password: string }> {
  await server.api('PUT', workspacePath(ws), { location: 'fake' }, { 'api-version': '2024-04-01' })
  await server.cli('principal', 'create', 'kim', '--kind', 'user', '--role', 'Owner', '--workspace', ws)
  await server.api('POST', `${workspacePath(ws)}/principals/kim/password`, { new: password })
  return { user: 'kim', password }
}

const train = `import random, time
random.seed(7)
print("INFO  loading 60000 examples")
print("WARN  3 files could not be read and are left out", flush=True)
loss, step = 2.3, 0
while True:
    step += 1
    loss = loss * 0.998 + 0.002 * random.random()
    level = "DEBUG" if step % 5 else "INFO "
    print(f"{level} step={step:05d} loss={loss:.4f} lr=3.0e-04", flush=True)
    if step == 40:
        print("ERROR checkpoint could not be written, trying again", flush=True)
    time.sleep(0.02 if step < 400 else 2)
`

/** Clusters, jobs and all the rest, as kim makes them. */
export async function scene(server: Server, token: string): Promise<void> {
  const api = <T>(method: string, path: string, body?: unknown) =>
    server.api<T>(method, workspacePath(ws) + path, body, {}, token)
  const cluster = (name: string, vmSize: string, min: number, max: number, more: object = {}) =>
    api('PUT', `/computes/${name}`, {
      location: 'fake',
      properties: {
        computeType: 'AmlCompute',
        properties: {
          vmSize,
          scaleSettings: { minNodeCount: min, maxNodeCount: max, nodeIdleTimeBeforeScaleDown: 'PT10M' },
          ...more,
        },
      },
    })
  for (const [family, cores] of [
    ['standardDSv2Family', '24'],
    ['standardFSv2Family', '100'],
  ] as const)
    await server.cli('quota', 'set', family, cores, '--location', 'fake', '--workspace', ws)
  await cluster('cpu', 'Standard_DS3_v2', 1, 4)
  await cluster('gpu', 'Standard_NC6s_v3', 0, 2, { vmPriority: 'LowPriority' })
  await cluster('gpu-large', 'Standard_ND96asr_v4', 0, 1)
  await cluster('batch', 'Standard_F8s_v2', 0, 8)
  await api('PUT', '/computes/ci-kim', {
    location: 'fake',
    properties: {
      computeType: 'ComputeInstance',
      properties: { vmSize: 'Standard_DS3_v2', idleTimeBeforeShutdown: 'PT1H' },
    },
  })
  await api('PUT', '/computes/lab-box', {
    location: 'fake',
    properties: {
      computeType: 'VirtualMachine',
      description: 'Workstation with two GPUs, in the lab',
      resourceId: '/subscriptions/s/resourceGroups/lab/providers/Microsoft.Compute/virtualMachines/lab-box',
      properties: {
        virtualMachineSize: 'Standard_NC12s_v3',
        address: '10.0.9.12',
        sshPort: 22,
        administratorAccount: { username: 'kim', password },
      },
    },
  })
  await jobs(server, token)
}

async function jobs(server: Server, token: string): Promise<void> {
  const dir = join(server.dir, 'scene')
  await mkdir(join(dir, 'src'), { recursive: true })
  await writeFile(join(dir, 'src', 'train.py'), train)
  const submit = async (name: string, compute: string, command: string, more = '') => {
    const file = join(dir, `${name}.yml`)
    await writeFile(
      file,
      `type: command\nname: ${name}\nexperiment_name: digits\ncompute: azureml:${compute}\ncode: src\ncommand: ${command}\n${more}`,
    )
    await server.shell(
      `. ${join(server.dir, 'env.sh')} && env -u ATELIER_DATA_DIR atelier job submit -f ${file} --workspace ${ws}`,
      {
        ATELIER_TOKEN: token,
      },
    )
  }
  const reaches = (name: string, status: string) =>
    eventually(`${name} is ${status}`, async () => {
      const job = await server.api<{ properties: { status: string } }>('GET', `${workspacePath(ws)}/jobs/${name}`)
      return job.properties.status === status
    })
  await submit(
    'prepare-data',
    'cpu',
    'mkdir -p outputs && head -c 40000 /dev/urandom > outputs/digits.npz && echo done',
  )
  await submit('convert-labels', 'cpu', 'echo "no column named label in labels.csv" >&2; exit 1')
  await reaches('prepare-data', 'Completed')
  await reaches('convert-labels', 'Failed')
  await submit('train-7b', 'gpu', 'python3 -u train.py', 'resources:\n  instance_count: 2\n')
  await submit('features', 'cpu', 'sleep 3600')
  await submit('evaluate', 'cpu', 'sleep 3600', 'resources:\n  instance_count: 2\n')
  for (const name of ['train-7b', 'features', 'evaluate']) await reaches(name, 'Running')
  await submit('train-7b-longer', 'gpu', 'python3 -u train.py')
  await submit('train-70b', 'gpu-large', 'python3 -u train.py')
  await eventually('what waits says why', async () => {
    const { reasons } = await server.api<{ reasons: { code: string }[] }>(
      'GET',
      `${workspacePath(ws)}/jobs/train-70b/why`,
    )
    return reasons.some((r) => r.code === 'NoCapacity')
  })
}
