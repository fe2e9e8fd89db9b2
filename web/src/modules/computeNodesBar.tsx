import { makeStyles, mergeClasses, shorthands, tokens } from '@fluentui/react-components'
import type { ClusterProps, NodeStateCounts } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'

const stripes = (color: string, angle: string) =>
  `repeating-linear-gradient(${angle}, ${color} 0 2px, transparent 2px 5px)`

const useStyles = makeStyles({
  root: { display: 'inline-flex', alignItems: 'center', columnGap: tokens.spacingHorizontalS, whiteSpace: 'nowrap' },
  bar: {
    display: 'inline-flex',
    width: '72px',
    height: '12px',
    flexShrink: 0,
    overflow: 'hidden',
    borderRadius: tokens.borderRadiusSmall,
    ...shorthands.border('1px', 'solid', tokens.colorNeutralStrokeAccessible),
  },
  part: { minWidth: '3px', flexBasis: 0, height: '100%' },
  // Each state has a pattern of its own, so that it can be told without its colour.
  running: { backgroundColor: tokens.colorPaletteBlueBorderActive },
  idle: { backgroundImage: stripes(tokens.colorNeutralStrokeAccessible, '90deg') },
  preparing: {
    backgroundImage: `radial-gradient(${tokens.colorPaletteBlueBorderActive} 1.2px, transparent 1.6px)`,
    backgroundSize: '5px 5px',
  },
  leaving: { backgroundImage: stripes(tokens.colorNeutralStrokeAccessible, '135deg') },
  unusable: {
    backgroundColor: tokens.colorPaletteRedBorderActive,
    backgroundImage: stripes(tokens.colorNeutralBackground1, '45deg'),
  },
  preempted: { backgroundImage: stripes(tokens.colorPaletteDarkOrangeBorderActive, '45deg') },
  empty: { minWidth: 0 },
  counts: { fontVariantNumeric: 'tabular-nums' },
})

const order = ['running', 'idle', 'preparing', 'leaving', 'unusable', 'preempted'] as const

/** How the nodes of a cluster are, against how many there may be: as a bar, in figures, and in words. */
export function NodesBar({ cluster }: { cluster: ClusterProps }) {
  const t = useText()
  const styles = useStyles()
  const { maxNodeCount: max } = cluster.scaleSettings
  const counts = countsOf(cluster.nodeStateCounts)
  const used = order.reduce((n, s) => n + counts[s], 0)
  const told = order.filter((s) => counts[s] > 0 || s === 'running' || s === 'idle')
  const words = [...told.map((s) => `${t(`node.${s}`)} ${counts[s]}`), t('compute.nodes.max', { n: max })].join(', ')
  return (
    <span className={styles.root} title={words}>
      <span className={styles.bar} role="img" aria-label={words}>
        {order.map(
          (s) =>
            counts[s] > 0 && (
              <span key={s} className={mergeClasses(styles.part, styles[s])} style={{ flexGrow: counts[s] }} />
            ),
        )}
        <span className={mergeClasses(styles.part, styles.empty)} style={{ flexGrow: Math.max(0, max - used) }} />
      </span>
      <span className={styles.counts} aria-hidden="true">
        {counts.running} / {counts.idle} / {max}
      </span>
    </span>
  )
}

function countsOf(c: NodeStateCounts | null): Record<(typeof order)[number], number> {
  return {
    running: c?.runningNodeCount ?? 0,
    idle: c?.idleNodeCount ?? 0,
    preparing: c?.preparingNodeCount ?? 0,
    leaving: c?.leavingNodeCount ?? 0,
    unusable: c?.unusableNodeCount ?? 0,
    preempted: c?.preemptedNodeCount ?? 0,
  }
}
