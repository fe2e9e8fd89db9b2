import { makeStyles, tokens } from '@fluentui/react-components'
import { ClockRegular, WarningRegular } from '@fluentui/react-icons'
import type { Job } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { foremost, reasonText } from './reasonText.ts'

const useStyles = makeStyles({
  line: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
})

/** Why a job waits or has failed, in one line below its row; nothing for the others. */
export function JobReason({ job }: { job: Job }) {
  const t = useText()
  const styles = useStyles()
  const { error, reasons } = job.properties
  const first = foremost(reasons)
  const text = first ? reasonText(t, first) : job.properties.status === 'Failed' ? error?.message : undefined
  if (!text) return null
  return (
    <div className={styles.line}>
      {first && !first.blocking ? <ClockRegular aria-hidden="true" /> : <WarningRegular aria-hidden="true" />}
      <span>{text}</span>
    </div>
  )
}
