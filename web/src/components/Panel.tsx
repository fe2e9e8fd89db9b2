import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components'
import { type ReactNode, useId } from 'react'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(420px, 100%), 1fr))',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
  },
  panel: {
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    minWidth: 0,
  },
  head: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalS,
  },
  title: { ...typographyStyles.subtitle2, margin: 0 },
  actions: { marginInlineStart: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
  list: { margin: 0 },
  pair: {
    display: 'grid',
    gridTemplateColumns: 'minmax(120px, 36%) minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    paddingBlock: tokens.spacingVerticalXS,
    alignItems: 'baseline',
    '@media (max-width: 479px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  label: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0, overflowWrap: 'anywhere', minWidth: 0 },
})

/** Panels side by side where there is room. */
export function PanelGrid({ children }: { children: ReactNode }) {
  return <div className={useStyles().grid}>{children}</div>
}

/** A framed part of a page, with a heading. */
export function Panel(props: { title: string; actions?: ReactNode; className?: string; children: ReactNode }) {
  const styles = useStyles()
  const id = useId()
  return (
    <section className={mergeClasses(styles.panel, props.className)} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id} className={styles.title}>
          {props.title}
        </h2>
        {props.actions && <div className={styles.actions}>{props.actions}</div>}
      </div>
      {props.children}
    </section>
  )
}

export type Property = { label: string; value: ReactNode }

/** What something is like: names and values. */
export function PropertyList({ items }: { items: Property[] }) {
  const styles = useStyles()
  return (
    <dl className={styles.list}>
      {items.map(({ label, value }) => (
        <div key={label} className={styles.pair}>
          <dt className={styles.label}>{label}</dt>
          <dd className={styles.value}>{value === undefined || value === null || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  )
}
