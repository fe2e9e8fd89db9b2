import { attach } from './attach.ts'
import { jobs } from './jobs.ts'
import { logs } from './logs.ts'
import { newInstance } from './newInstance.ts'
import { refusals } from './refusals.ts'
import { usage } from './usage.ts'
import { wizard } from './wizard.ts'

export const later = {
  ...attach,
  ...wizard,
  ...newInstance,
  ...jobs,
  ...logs,
  ...refusals,
  ...usage,
}
