import { makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { Loading } from '~/components/Notice.tsx'
import { Panel } from '~/components/Panel.tsx'
import { Failure } from '~/modules/Failure.tsx'

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  item: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    minHeight: '32px',
    paddingBlock: tokens.spacingVerticalXS,
  },
  end: { marginInlineStart: 'auto', display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
  wide: { flexBasis: '100%', minWidth: 0 },
  muted: { color: tokens.colorNeutralForeground2 },
})

type Query = { data: unknown; isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown }

/** One part of the page. It loads, is empty and fails by itself; what it has stays when it fails to get it anew. */
export function Card(props: {
  title: string
  queries: Query[]
  empty: string | undefined
  actions?: ReactNode
  children: ReactNode
}) {
  const styles = useStyles()
  const failed = props.queries.find((q) => q.isError)
  const retry = () => {
    for (const q of props.queries) if (q.isError) void q.refetch()
  }
  return (
    <Panel title={props.title} actions={props.actions}>
      {failed && <Failure error={failed.error} retry={retry} />}
      {props.queries.some((q) => q.isError && q.data === undefined) ? null : props.queries.some((q) => q.isPending) ? (
        <Loading rows={2} />
      ) : props.empty ? (
        <span className={styles.muted}>{props.empty}</span>
      ) : (
        <ul className={styles.list}>{props.children}</ul>
      )}
    </Panel>
  )
}

/** One line of a card: what it is, what is said of it, what is at its end, and what is below. */
export function Line(props: { children: ReactNode; end?: ReactNode; below?: ReactNode }) {
  const styles = useStyles()
  return (
    <li className={styles.item}>
      {props.children}
      {props.end && <span className={styles.end}>{props.end}</span>}
      {props.below && <div className={styles.wide}>{props.below}</div>}
    </li>
  )
}
