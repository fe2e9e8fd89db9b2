import { makeStyles, shorthands, tokens } from '@fluentui/react-components'
import type { NodeInfo } from '~/api/types.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useText } from '~/i18n/text.tsx'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { nodeDetail } from './nodeColumns.tsx'

const useStyles = makeStyles({
  tiles: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(220px, 100%), 1fr))',
    gap: tokens.spacingHorizontalS,
    listStyleType: 'none',
    margin: 0,
    padding: 0,
  },
  tile: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    rowGap: tokens.spacingVerticalXS,
    ...shorthands.border(tokens.strokeWidthThin, 'solid', tokens.colorNeutralStroke2),
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalS,
    minWidth: 0,
  },
  id: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

/** Many nodes at one look. */
export function NodeTiles({ nodes }: { nodes: NodeInfo[] }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  return (
    <ul className={styles.tiles} aria-label={t('details.nodes.tiles')}>
      {nodes.map((n) => (
        <li key={n.nodeId} className={styles.tile} data-key={n.nodeId}>
          <span className={styles.id}>{n.nodeId}</span>
          <StateBadge kind="node" state={n.nodeState} detail={nodeDetail(t, n)} />
          {n.runId && (
            <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name: n.runId, view: 'overview' }}>
              {n.runId}
            </TextLink>
          )}
          {n.problem && (
            <span className={styles.small} lang="en">
              {n.problem.message}
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
