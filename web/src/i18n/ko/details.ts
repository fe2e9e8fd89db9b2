import type { details as en } from '../en/details.ts'

export const details: Record<keyof typeof en, string> = {}
