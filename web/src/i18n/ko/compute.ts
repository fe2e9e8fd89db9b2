import type { compute as en } from '../en/compute.ts'

export const compute: Record<keyof typeof en, string> = {}
