import type { logs as en } from '../en/logs.ts'

export const logs: Record<keyof typeof en, string> = {}
