import { makeStyles, tokens } from '@fluentui/react-components'
import { CopyButton } from './CopyButton.tsx'

const useStyles = makeStyles({
  root: {
    position: 'relative',
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    display: 'flex',
    alignItems: 'flex-start',
  },
  code: {
    flexGrow: 1,
    minWidth: 0,
    margin: 0,
    padding: tokens.spacingHorizontalM,
    overflowX: 'auto',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    whiteSpace: 'pre',
  },
  copy: { flexShrink: 0, margin: tokens.spacingHorizontalXS },
})

/** Text to copy: a command line, a document. It is in a language of its own for screen readers' sake. */
export function CodeBlock({ code, label, copyLabel }: { code: string; label: string; copyLabel: string }) {
  const styles = useStyles()
  return (
    <div className={styles.root}>
      <pre className={styles.code} tabIndex={0} role="region" aria-label={label} lang="en">
        {code}
      </pre>
      <CopyButton text={code} label={copyLabel} className={styles.copy} />
    </div>
  )
}
