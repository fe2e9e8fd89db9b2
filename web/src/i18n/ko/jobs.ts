import type { jobs as en } from '../en/jobs.ts'

export const jobs: Record<keyof typeof en, string> = {}
