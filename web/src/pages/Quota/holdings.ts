/** Who holds how many cores: the same reckoning as the server's (internal/azureml/quotas.go), by compute. */
import { type Compute, clusterOf, instanceOf, type Quota, type SizeInfo } from '~/api/types.ts'
import type { Text } from '~/i18n/text.tsx'
import { locationOf } from '~/modules/computeKinds.ts'

export const lowPriorityFamily = 'LowPriorityCores'

/** What a family is called where it is shown. */
export const nameOfFamily = (t: Text, f: Family): string =>
  f.name === lowPriorityFamily ? t('quota.lowPriority') : f.name

export type Holder = { name: string; kind: 'clusters' | 'instances'; cores: number; active: number; stopped: boolean }

export type Family = {
  name: string
  /** Cores of machines that there are, of stopped instances, and of nodes that a cluster may still get. */
  active: number
  stopped: number
  reserved: number
  /** -1 is none. */
  limit: number
  quotaId: string
  holders: Holder[]
}

export function holdings(
  computes: Compute[],
  sizes: SizeInfo[],
  quotas: Quota[],
  location: string,
  workspacePath: string,
): Family[] {
  const bySize = new Map(sizes.map((s) => [s.name.toLowerCase(), s]))
  const families = new Map<string, Family>()
  const mine = `${workspacePath.toLowerCase()}/quotas/`
  for (const q of quotas) {
    if (!q.id.toLowerCase().startsWith(mine)) continue
    families.set(q.name.value, {
      name: q.name.value,
      active: 0,
      stopped: 0,
      reserved: 0,
      limit: q.limit,
      quotaId: q.id,
      holders: [],
    })
  }
  for (const c of computes) {
    if (locationOf(c).toLowerCase().replaceAll(' ', '') !== location.toLowerCase()) continue
    const held = holder(c, bySize)
    const family = held && families.get(held.family)
    if (!family) continue
    family.holders.push(held)
    family.active += held.active
    if (held.stopped) family.stopped += held.cores - held.active
    else family.reserved += held.cores - held.active
  }
  return [...families.values()]
}

function holder(c: Compute, sizes: Map<string, SizeInfo>): (Holder & { family: string }) | undefined {
  const cluster = clusterOf(c)
  const instance = instanceOf(c)
  const size = sizes.get((cluster?.vmSize ?? instance?.vmSize ?? '').toLowerCase())
  if (!size) return undefined
  if (cluster) {
    const family = cluster.vmPriority === 'LowPriority' ? lowPriorityFamily : size.family
    const most = cluster.scaleSettings.maxNodeCount
    const nodes = Math.min(cluster.currentNodeCount ?? 0, most)
    return {
      family,
      name: c.name,
      kind: 'clusters',
      cores: size.vCPUs * most,
      active: size.vCPUs * nodes,
      stopped: false,
    }
  }
  const off = instance?.state === 'Stopped'
  return {
    family: size.family,
    name: c.name,
    kind: 'instances',
    cores: size.vCPUs,
    active: off ? 0 : size.vCPUs,
    stopped: off,
  }
}

/** Cores that a text asks for: a number, -1 for none, or undefined when it is neither. Full-width digits count. */
export function readLimit(text: string): number | undefined {
  const plain = text.normalize('NFKC').trim()
  if (plain === '') return -1
  return /^\d{1,9}$/.test(plain) ? Number(plain) : undefined
}
