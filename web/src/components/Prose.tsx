import { makeStyles, tokens } from '@fluentui/react-components'

const useStyles = makeStyles({
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: '0.95em',
    backgroundColor: tokens.colorNeutralBackground3,
    paddingInline: tokens.spacingHorizontalXXS,
    borderRadius: tokens.borderRadiusSmall,
    overflowWrap: 'anywhere',
  },
})

/** A sentence; what stands between backticks is for a command line. */
export function Prose({ children }: { children: string }) {
  const styles = useStyles()
  return (
    <>
      {children.split('`').map((part, i) =>
        i % 2 === 1 ? (
          <code key={part} lang="en" className={styles.code}>
            {part}
          </code>
        ) : (
          part
        ),
      )}
    </>
  )
}
