/** Names for the wire shapes. They come from the server's OpenAPI document (types.gen.ts); what that leaves open is narrowed here. */
import type { components } from './types.gen.ts'

type Schemas = components['schemas']

export type Reason = Schemas['Reason']
export type Problem = Schemas['Problem']
export type AtelierEvent = Schemas['Event'] & { detail?: string }
export type NodeInfo = Schemas['Node'] & {
  actions?: string[]
  connection?: string | null
  connectionReason?: string | null
}
export type Usage = Schemas['Usage']
export type Quota = Schemas['Quota']
export type LogInfo = Schemas['Log']
export type OutputFile = Schemas['File']
export type Why = Schemas['Why']

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

export type NodeStateCounts = {
  idleNodeCount: number
  runningNodeCount: number
  preparingNodeCount: number
  leavingNodeCount: number
  unusableNodeCount: number
  preemptedNodeCount: number
}

export type ClusterProps = {
  vmSize: string
  vmPriority: 'Dedicated' | 'LowPriority'
  scaleSettings: { minNodeCount: number; maxNodeCount: number; nodeIdleTimeBeforeScaleDown: string }
  currentNodeCount: number | null
  targetNodeCount: number | null
  nodeStateCounts: NodeStateCounts | null
  allocationState: 'Steady' | 'Resizing' | null
  allocationStateTransitionTime?: string | null
  errors?: { error: { code: string; message: string } }[] | null
  remoteLoginPortPublicAccess: string
  osType: string
  subnet: { id: string } | null
  enableNodePublicIp: boolean
  isolatedNetwork: boolean
  userAccountCredentials?: { adminUserName: string; adminUserSshPublicKey: string | null } | null
}

export type Schedule = {
  id?: string
  action: 'Start' | 'Stop'
  status: 'Enabled' | 'Disabled'
  triggerType: 'Cron' | 'Recurrence'
  cron?: { expression: string; startTime?: string; timeZone: string }
  recurrence?: {
    frequency: string
    interval: number
    startTime?: string
    timeZone: string
    schedule?: { hours: number[]; minutes: number[]; weekDays?: string[] }
  }
  provisioningStatus?: string
}

export type InstanceProps = {
  vmSize: string
  state: string
  errors: { error: { code: string; message: string } }[]
  sshSettings: {
    sshPublicAccess: string
    adminUserName: string
    sshPort: number | null
    adminPublicKey: string | null
  } | null
  idleTimeBeforeShutdown: string | null
  connectivityEndpoints: { publicIpAddress: string | null; privateIpAddress: string | null } | null
  applications: { displayName: string; endpointUri: string }[]
  lastOperation: {
    operationName: string
    operationTime: string
    operationStatus: string
    operationTrigger: string
  } | null
  createdBy: { userName: string; userOrgId: string; userId: string } | null
  schedules: { computeStartStop: Schedule[] } | null
  customServices: unknown[] | null
  personalComputeInstanceSettings: { assignedUser?: { objectId: string; tenantId: string } } | null
  setupScripts: unknown
  subnet: { id: string } | null
  enableNodePublicIp: boolean
  enableRootAccess?: boolean
}

export type Preview = {
  currency: string
  pricePerHour: { min: number; max: number } | null
  quota: { family: string; before: number; after: number; limit: number } | null
  warnings: Problem[]
  isNew: boolean
}

export type ComputeProps = Omit<Schemas['ComputeProps'], 'computeType' | 'properties' | 'provisioningWarnings'> & {
  computeType: ComputeType
  permissions?: string[]
  preview?: Preview
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

export type SizeReason = { code: string; message: string; params?: Record<string, string> }

export type SizeInfo = {
  name: string
  family: string
  vCPUs: number
  memoryGB: number
  gpus: number
  gpuModel?: string
  diskGB: number
  lowPriorityCapable: boolean
  pricePerHour: number | null
  category: string
  quota: { used: number; limit: number; available: number }
  capacity: number | null
  availability: 'Available' | 'Partial' | 'WouldWait' | 'NoQuota' | 'NotAllowed'
  reason: SizeReason | null
  recommended: boolean
}

export type LocationInfo = { name: string; isDefault: boolean; displayName: string; kind: string }

export type Access = {
  name: string
  displayName: string
  kind: string
  workspace: { name: string; location: string; subscription: string; resourceGroup: string }
  roles: string[]
  actions: string[]
}

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

/** A job as the server shows it. Jobs of types that nothing runs yet lack most of it. */
export type Job = {
  id: string
  name: string
  systemData: { createdAt: string; createdBy: string } | null
  properties: {
    jobType: string
    status: JobStatus
    displayName: string
    experimentName: string
    description: string | null
    isArchived: boolean
    tags: Record<string, string> | null
    properties: Record<string, string> | null
    computeId?: string
    command?: string
    codeId?: string | null
    environmentId?: string | null
    environmentVariables?: Record<string, string>
    inputs?: Record<string, { jobInputType: string; value?: string; uri?: string; mode?: string }>
    outputs?: Record<string, { jobOutputType: string; uri?: string | null; mode?: string | null }>
    resources?: { instanceCount?: number } | null
    distribution?: { distributionType: string; processCountPerInstance?: number | null } | null
    limits?: { timeout: string } | null
    reasons?: Reason[]
    error?: { code: string; message: string } | null
    exitCode?: number | null
    attempt?: number
    maxAttempts?: number
    priority?: number
    createdTime?: string
    queuedTime?: string | null
    startTime?: string | null
    endTime?: string | null
    nodes?: string[]
    permissions?: string[]
  }
}

export const isOver = (status: string): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Canceled'

export type Series = {
  from: string
  to: string
  at: number[]
  target: number[]
  current: number[]
  states: Record<'idle' | 'running' | 'preparing' | 'leaving' | 'unusable' | 'preempted', number[]>
}

export type Session = {
  signedIn: boolean
  name?: string
  displayName?: string
  expiresAt?: string
  version: string
  workspaces?: { subscription: string; resourceGroup: string; name: string; location: string }[]
}

export type Profile = {
  language: '' | 'en' | 'ko'
  theme: '' | 'light' | 'dark' | 'system'
  shortcuts: boolean
  sshKeys: { name: string; publicKey: string; fingerprint?: string; addedAt?: string }[]
}

export type TokenInfo = {
  id: string
  name: string
  createdAt: string
  expiresAt: string
  lastUsedAt?: string
  kind: 'personal' | 'device'
}

export type ConnectionCheck = {
  name: 'tcp' | 'hostKey' | 'auth' | 'sudo' | 'docker' | 'gpu' | 'disk'
  status: 'ok' | 'failed' | 'warning' | 'skipped'
  message: string
  detail?: string
  help?: string
  milliseconds: number
}

export type ConnectionTest = {
  ok: boolean
  hostKey: { type: string; fingerprint: string } | null
  checks: ConnectionCheck[]
}
