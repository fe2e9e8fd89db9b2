/** The documents that forms make, typed as far as what is made of them looks into them. */
import type { SafeDocument } from './document.ts'
import type { IdentityDocument } from './identity.ts'

export type ClusterBody = {
  osType: string
  vmSize: string
  vmPriority: string
  scaleSettings: { minNodeCount: number; maxNodeCount: number; nodeIdleTimeBeforeScaleDown: string }
  remoteLoginPortPublicAccess: string
  userAccountCredentials?: { adminUserName: string; adminUserSshPublicKey?: string; adminUserPassword?: string }
  subnet?: { id: string }
  enableNodePublicIp?: boolean
}

export type ScheduleBody = {
  action: string
  status: string
  triggerType: string
  recurrence?: {
    frequency: string
    interval: number
    startTime?: string
    timeZone: string
    schedule?: { hours: number[]; minutes: number[]; weekDays?: string[] }
  }
  cron?: { expression: string; startTime?: string; timeZone: string }
}

export type ServiceBody = {
  name: string
  image: { type: string; reference: string }
  endpoints: { protocol: string; name: string; target: number; published: number }[]
  environmentVariables?: Record<string, { type: string; value: string }>
  volumes?: { type: string; source: string; target: string }[]
  docker?: { privileged: boolean }
}

export type ScriptBody = { scriptSource: string; scriptData: string; scriptArguments?: string; timeout?: string }

export type InstanceBody = {
  vmSize: string
  sshSettings?: { sshPublicAccess: string; adminPublicKey?: string }
  subnet?: { id: string }
  enableNodePublicIp?: boolean
  enableRootAccess?: boolean
  idleTimeBeforeShutdown?: string
  personalComputeInstanceSettings?: { assignedUser: { objectId: string; tenantId: string } }
  schedules?: { computeStartStop: ScheduleBody[] }
  setupScripts?: { scripts: { creationScript?: ScriptBody; startupScript?: ScriptBody } }
  customServices?: ServiceBody[]
}

export const innerOf = <T>(document: SafeDocument): T => (document.body.properties.properties ?? {}) as T
export const identityOf = (document: SafeDocument) => document.body.identity as IdentityDocument | undefined
export const kindOf = (document: SafeDocument): string => String(document.body.properties.computeType)
export const descriptionOf = (document: SafeDocument) => document.body.properties.description as string | undefined
