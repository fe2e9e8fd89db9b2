import { makeStyles, tokens } from '@fluentui/react-components'
import { DismissCircleRegular } from '@fluentui/react-icons'
import { type Compute, clusterOf, instanceOf } from '~/api/types.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { useText } from '~/i18n/text.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { ReasonLine } from '~/modules/reasons.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

const useStyles = makeStyles({
  root: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', columnGap: tokens.spacingHorizontalM },
  error: {
    display: 'inline-flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
  icon: { flexShrink: 0, fontSize: '16px', display: 'inline-flex', color: tokens.colorPaletteRedForeground1 },
  link: { fontSize: tokens.fontSizeBase200, minHeight: '24px', display: 'inline-flex', alignItems: 'center' },
})

/** What went wrong last with a compute, in the server's words. */
function problemOf(c: Compute): string | undefined {
  const all = [
    ...(c.properties.provisioningErrors ?? []),
    ...(instanceOf(c)?.errors ?? []),
    ...(clusterOf(c)?.errors ?? []),
  ] as { error: { message: string } }[]
  return all.at(-1)?.error.message
}

/** Whether there is more to say of a compute than its state. */
export const hasBelow = (c: Compute): boolean => (c.properties.reasons?.length ?? 0) > 0 || problemOf(c) !== undefined

/** Below a row: why the compute is as it is, and where to read more. */
export function Below({ compute: c }: { compute: Compute }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const problem = problemOf(c)
  return (
    <div className={styles.root}>
      {c.properties.reasons?.length ? (
        <ReasonLine reasons={c.properties.reasons} />
      ) : (
        <span className={styles.error}>
          <span className={styles.icon} aria-hidden="true">
            <DismissCircleRegular />
          </span>
          <span lang="en">{problem}</span>
        </span>
      )}
      <TextLink
        to="/w/$ws/compute/$tab/$name/$view"
        params={{ ws: ws.name, tab: tabOf(c), name: c.name, view: 'overview' }}
        className={styles.link}
        aria-label={t('compute.whyOf', { name: c.name })}
      >
        {t('why.more')}
      </TextLink>
    </div>
  )
}
