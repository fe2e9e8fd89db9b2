import { common } from './common.ts'
import { compute } from './compute.ts'
import { details } from './details.ts'
import { home } from './home.ts'
import { palette } from './palette.ts'
import { reasons } from './reasons.ts'
import { settings } from './settings.ts'
import { shell } from './shell.ts'
import { states } from './states.ts'

export const first = {
  ...common,
  ...shell,
  ...states,
  ...reasons,
  ...home,
  ...compute,
  ...details,
  ...settings,
  ...palette,
}
