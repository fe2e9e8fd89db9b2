/** Names for the wire shapes. They come from the server's OpenAPI document (types.gen.ts); what that leaves open is narrowed here. */
import type { components } from './types.gen.ts'

type Schemas = components['schemas']

export type Reason = Schemas['Reason']
export type Problem = Schemas['Problem']
export type AtelierEvent = Schemas['Event']
export type NodeInfo = Schemas['Node']
export type Usage = Schemas['Usage']
export type Quota = Schemas['Quota']
export type LogInfo = Schemas['Log']
export type OutputFile = Schemas['File']
export type Why = Schemas['Why']
export type Preview = Schemas['Preview']
export type SizeInfo = Schemas['Offer']
export type LocationInfo = Schemas['Location']
export type Access = Schemas['Access']
export type Series = Schemas['Series']
export type Session = Schemas['SessionInfo']
export type Principal = Schemas['Principal']
export type TokenInfo = Omit<Schemas['Token'], 'kind'> & { kind: 'personal' | 'device' }
export type NodeStateCounts = Schemas['Counts']
export type Schedule = Schemas['InstanceSchedule']

/** Values of computeType that Atelier knows. */
export type ComputeType =
  | 'AmlCompute'
  | 'ComputeInstance'
  | 'AKS'
  | 'Kubernetes'
  | 'VirtualMachine'
  | 'HDInsight'
  | 'DataFactory'
  | 'Databricks'
  | 'DataLakeAnalytics'
  | 'SynapseSpark'

export type ClusterProps = Omit<Schemas['AmlCompute'], 'vmPriority' | 'allocationState'> & {
  vmPriority: 'Dedicated' | 'LowPriority'
  allocationState: 'Steady' | 'Resizing' | null
}

export type InstanceProps = Schemas['ComputeInstance']

export type ComputeProps = Omit<Schemas['ComputeProps'], 'computeType' | 'properties' | 'provisioningWarnings'> & {
  computeType: ComputeType
  provisioningWarnings: Problem[] | Record<string, never>
  properties: ClusterProps | InstanceProps | Record<string, unknown> | null
}

export type Compute = Omit<Schemas['Compute'], 'properties'> & { properties: ComputeProps }

export const clusterOf = (c: Compute): ClusterProps | undefined =>
  c.properties.computeType === 'AmlCompute' ? (c.properties.properties as ClusterProps) : undefined
export const instanceOf = (c: Compute): InstanceProps | undefined =>
  c.properties.computeType === 'ComputeInstance' ? (c.properties.properties as InstanceProps) : undefined

/** May reports whether the caller may do the verb with what the server sent. */
export const may = (of: { properties: { permissions?: string[] } }, verb: string): boolean =>
  of.properties.permissions?.includes(verb) ?? true

export type JobStatus =
  | 'NotStarted'
  | 'Queued'
  | 'Starting'
  | 'Provisioning'
  | 'Preparing'
  | 'Running'
  | 'Finalizing'
  | 'CancelRequested'
  | 'Completed'
  | 'Failed'
  | 'Canceled'
  | 'NotResponding'

/** A job as the server shows it. Of a type that nothing runs yet it has only what all types have. */
export type Job = Omit<Schemas['Job'], 'properties'> & {
  properties: Partial<Omit<Schemas['JobOutProps'], 'status' | 'resources'>> &
    Pick<Schemas['JobOutProps'], 'jobType' | 'displayName' | 'experimentName' | 'isArchived'> & {
      status: JobStatus
      resources?: { instanceCount?: number } | null
    }
}

export const isOver = (status: string): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Canceled'

/** What is the caller's own. The server fills in what may be left out when a key is sent. */
export type Profile = Omit<Schemas['Profile'], 'language' | 'theme' | 'sshKeys' | 'hasPassword'> & {
  language: '' | 'en' | 'ko'
  theme: '' | 'light' | 'dark' | 'system'
  sshKeys: { name: string; publicKey: string; fingerprint?: string; addedAt?: string }[]
  hasPassword?: boolean
}

export type ConnectionCheck = {
  name: 'tcp' | 'hostKey' | 'auth' | 'sudo' | 'docker' | 'gpu' | 'disk'
  status: 'ok' | 'failed' | 'warning' | 'skipped'
  /** What the message says, for who words it otherwise, and what it is about. */
  code?: string
  params?: Record<string, string>
  message: string
  detail?: string
  /** In words what would help, and a line for a shell on the machine. */
  help?: string
  command?: string
  milliseconds: number
}

export type ConnectionTest = {
  ok: boolean
  hostKey: { type: string; fingerprint: string } | null
  checks: ConnectionCheck[]
}
