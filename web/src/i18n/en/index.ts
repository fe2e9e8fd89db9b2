import { attach } from './attach.ts'
import { common } from './common.ts'
import { compute } from './compute.ts'
import { details } from './details.ts'
import { home } from './home.ts'
import { jobs } from './jobs.ts'
import { logs } from './logs.ts'
import { palette } from './palette.ts'
import { reasons } from './reasons.ts'
import { settings } from './settings.ts'
import { shell } from './shell.ts'
import { states } from './states.ts'
import { usage } from './usage.ts'
import { wizard } from './wizard.ts'

export const en = {
  ...common,
  ...attach,
  ...shell,
  ...states,
  ...reasons,
  ...home,
  ...compute,
  ...wizard,
  ...details,
  ...jobs,
  ...logs,
  ...usage,
  ...settings,
  ...palette,
}
