import { makeStyles, tokens } from '@fluentui/react-components'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { Activity } from './Activity.tsx'
import { Idle } from './Idle.tsx'
import { Running } from './Running.tsx'
import { StartSomething } from './StartSomething.tsx'
import { Waiting } from './Waiting.tsx'

const useStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
    '@media (max-width: 1023px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  column: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL, minWidth: 0 },
})

/** What goes on in the workspace: what runs, what waits and why, what costs without working, and where to begin. */
export function Home() {
  const t = useText()
  const styles = useStyles()
  return (
    <>
      <PageHeader title={t('home.title')} />
      <div className={styles.grid}>
        <div className={styles.column}>
          <Running />
          <Idle />
        </div>
        <div className={styles.column}>
          <Waiting />
          <StartSomething />
          <Activity />
        </div>
      </div>
    </>
  )
}
