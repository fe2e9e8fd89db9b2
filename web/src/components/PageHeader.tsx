import { makeStyles, tokens, typographyStyles } from '@fluentui/react-components'
import { type ReactNode, useEffect, useRef } from 'react'

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalL,
  },
  title: {
    ...typographyStyles.title2,
    margin: 0,
    overflowWrap: 'anywhere',
    ':focus-visible': { outlineStyle: 'none' },
  },
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, marginInlineStart: 'auto' },
  wide: { flexBasis: '100%' },
})

/** The page's h1, which takes the focus when the page opens, what is said beside it, and what can be done with all of it. */
export function PageHeader(props: { title: string; aside?: ReactNode; actions?: ReactNode; lead?: ReactNode }) {
  const styles = useStyles()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${props.title} · Atelier`
    // A page that put the focus into a field of its own keeps it there.
    if (document.activeElement === document.body || document.activeElement === null)
      heading.current?.focus({ preventScroll: true })
  }, [props.title])
  return (
    <header className={styles.root}>
      <h1 ref={heading} tabIndex={-1} className={styles.title}>
        {props.title}
      </h1>
      {props.aside}
      {props.actions && <div className={styles.actions}>{props.actions}</div>}
      {props.lead && <div className={styles.wide}>{props.lead}</div>}
    </header>
  )
}
