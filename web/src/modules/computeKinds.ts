import { type Compute, type ComputeType, instanceOf } from '~/api/types.ts'

/** The tabs of the compute page, in their order. */
export const computeTabs = ['instances', 'clusters', 'inference', 'attached', 'kubernetes'] as const
export type ComputeTab = (typeof computeTabs)[number]

const tabs: Partial<Record<ComputeType, ComputeTab>> = {
  ComputeInstance: 'instances',
  AmlCompute: 'clusters',
  AKS: 'inference',
  Kubernetes: 'kubernetes',
}

/** The tab that a compute is under, which is also the part of its address. */
export const tabOf = (c: Compute): ComputeTab => tabs[c.properties.computeType] ?? 'attached'

/** Whether what is under it stays when it leaves the workspace. */
export const isAttached = (c: Compute): boolean => c.properties.isAttachedCompute

/** Where the machines of a compute are, which need not be where its record is. */
export const locationOf = (c: Compute): string => c.properties.computeLocation || c.location

/** Name of the compute that an ARM id names. */
export const nameOfId = (id: string | undefined): string => id?.split('/').at(-1) ?? ''

/** Whether an instance runs, or is on its way to. */
export function isOn(c: Compute): boolean {
  const state = instanceOf(c)?.state
  return (
    state !== undefined && ['Running', 'JobRunning', 'Starting', 'Restarting', 'Creating', 'SettingUp'].includes(state)
  )
}

const wizards: Record<ComputeType, string> = {
  ComputeInstance: 'instance',
  AmlCompute: 'cluster',
  AKS: 'inference',
  Kubernetes: 'attach-kubernetes',
  VirtualMachine: 'attach-vm',
  Databricks: 'attach-databricks',
  DataLakeAnalytics: 'attach-dla',
  HDInsight: 'attach-hdinsight',
  SynapseSpark: 'attach-synapse',
  DataFactory: 'attach',
}

/** The form that makes such a compute. */
export const wizardOf = (c: Compute): string => wizards[c.properties.computeType] ?? 'attach'

/** The form that the tab's "new" opens. */
export const newOf: Record<ComputeTab, string> = {
  instances: 'instance',
  clusters: 'cluster',
  inference: 'inference',
  attached: 'attach',
  kubernetes: 'attach-kubernetes',
}
