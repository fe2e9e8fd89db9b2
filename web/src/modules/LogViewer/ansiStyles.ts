/** What the colours of terminals look like here: legible in light and in dark, also on a line that is chosen. */
import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { useMemo } from 'react'
import type { Look } from './ansi.ts'

const colors = ['gray', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

const useStyles = makeStyles({
  gray: { color: tokens.colorNeutralForeground3 },
  red: { color: tokens.colorStatusDangerForeground3 },
  green: { color: tokens.colorPaletteGreenForeground2 },
  yellow: { color: tokens.colorPaletteMarigoldForeground2 },
  blue: { color: tokens.colorPaletteBlueForeground2 },
  magenta: { color: tokens.colorPaletteBerryForeground2 },
  cyan: { color: tokens.colorPaletteTealForeground2 },
  white: { color: tokens.colorNeutralForeground2 },
  onGray: { backgroundColor: tokens.colorNeutralBackground5, color: tokens.colorNeutralForeground1 },
  onRed: { backgroundColor: tokens.colorPaletteRedBackground2, color: tokens.colorPaletteRedForeground2 },
  onGreen: { backgroundColor: tokens.colorPaletteGreenBackground2, color: tokens.colorPaletteGreenForeground2 },
  onYellow: { backgroundColor: tokens.colorPaletteMarigoldBackground2, color: tokens.colorPaletteMarigoldForeground2 },
  onBlue: { backgroundColor: tokens.colorPaletteBlueBackground2, color: tokens.colorPaletteBlueForeground2 },
  onMagenta: { backgroundColor: tokens.colorPaletteBerryBackground2, color: tokens.colorPaletteBerryForeground2 },
  onCyan: { backgroundColor: tokens.colorPaletteTealBackground2, color: tokens.colorPaletteTealForeground2 },
  onWhite: { backgroundColor: tokens.colorNeutralBackground6, color: tokens.colorNeutralForeground1 },
  bold: { fontWeight: tokens.fontWeightBold },
  dim: { color: tokens.colorNeutralForeground3 },
  italic: { fontStyle: 'italic' },
  underline: { textDecorationLine: 'underline' },
  inverse: { backgroundColor: tokens.colorNeutralBackgroundInverted, color: tokens.colorNeutralForegroundInverted },
  found: {
    backgroundColor: tokens.colorPaletteYellowBackground2,
    color: tokens.colorNeutralForeground1,
    borderRadius: tokens.borderRadiusSmall,
  },
})

const on = { gray: 'onGray', red: 'onRed', green: 'onGreen', yellow: 'onYellow' } as const
const onRest = { blue: 'onBlue', magenta: 'onMagenta', cyan: 'onCyan', white: 'onWhite' } as const
const backgrounds = { ...on, ...onRest }

/** The class for a look, or undefined for plain text; found is that of what a search found. */
export type AnsiStyles = ((look: Look) => string | undefined) & { found: string }

export function useAnsiStyles(): AnsiStyles {
  const styles = useStyles()
  return useMemo(() => Object.assign((look: Look) => classOf(styles, look), { found: styles.found }), [styles])
}

function classOf(s: ReturnType<typeof useStyles>, look: Look): string | undefined {
  // A bright colour is shown as the same in bold, which is what it was at first.
  const color = look.color === undefined ? undefined : colors[look.color % 8]
  const background = look.background === undefined ? undefined : colors[look.background % 8]
  const name = mergeClasses(
    look.dim && s.dim,
    color && s[color],
    (look.bold || (look.color ?? 0) > 8) && s.bold,
    look.italic && s.italic,
    look.underline && s.underline,
    background && s[backgrounds[background]],
    look.inverse && s.inverse,
  )
  return name || undefined
}
