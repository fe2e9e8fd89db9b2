import type { wizard as en } from '../en/wizard.ts'

export const wizard: Record<keyof typeof en, string> = {}
