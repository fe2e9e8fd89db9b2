import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons'
import { useText } from '~/i18n/text.tsx'
import { openPalette } from './paletteState.ts'

const useStyles = makeStyles({
  button: {
    justifyContent: 'flex-start',
    flexGrow: 1,
    maxWidth: '420px',
    minWidth: '32px',
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    '@media (max-width: 767px)': { flexGrow: 0, paddingInline: 0, maxWidth: '32px', justifyContent: 'center' },
  },
  word: {
    flexGrow: 1,
    textAlign: 'start',
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    // The button is called by it also where there is room for the icon only.
    '@media (max-width: 767px)': { position: 'absolute', width: '1px', height: '1px', clipPath: 'inset(50%)' },
  },
  key: {
    color: tokens.colorNeutralForeground3,
    fontFamily: tokens.fontFamilyBase,
    fontSize: tokens.fontSizeBase200,
    '@media (max-width: 767px)': { display: 'none' },
  },
})

/** Opens the command palette. */
export function PaletteButton() {
  const t = useText()
  const styles = useStyles()
  return (
    <Button className={styles.button} icon={<SearchRegular />} onClick={openPalette} aria-keyshortcuts="Control+K">
      <span className={styles.word}>{t('shell.search')}</span>
      <kbd className={styles.key}>Ctrl K</kbd>
    </Button>
  )
}
