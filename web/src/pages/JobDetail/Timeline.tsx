import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { CheckmarkCircleFilled, CircleRegular, ErrorCircleFilled, RecordFilled } from '@fluentui/react-icons'
import { useInfiniteQuery } from '@tanstack/react-query'
import { events } from '~/api/queries/job.ts'
import { isOver, type Job } from '~/api/types.ts'
import { Panel } from '~/components/Panel.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { type Step, timeline } from './timeline.ts'

const useStyles = makeStyles({
  attempt: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, margin: 0 },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  step: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(96px, 1fr) minmax(0, 2fr)',
    columnGap: tokens.spacingHorizontalS,
    alignItems: 'center',
    paddingBlock: tokens.spacingVerticalXS,
  },
  icon: { display: 'inline-flex', fontSize: '16px', color: tokens.colorNeutralForeground2 },
  now: { fontWeight: tokens.fontWeightSemibold },
  later: { color: tokens.colorNeutralForeground3 },
  time: { fontVariantNumeric: 'tabular-nums' },
})

/** What the job went through, attempt by attempt, and what is to come. */
export function Timeline({ job }: { job: Job }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const { data } = useInfiniteQuery(events(ws, { target: `jobs/${job.name}` }, 200))
  const all = (data?.pages ?? []).toReversed().flatMap((p) => p.value)
  const attempts = timeline(job, all)
  const most = job.properties.maxAttempts ?? 1
  const told = attempts.length > 1 || (attempts[0]?.number ?? 1) > 1
  return (
    <Panel title={t('job.timeline')}>
      {attempts.map((a) => (
        <div key={a.number} data-attempt={a.number}>
          {told && <h3 className={styles.attempt}>{t('job.timeline.attempt', { n: a.number, most })}</h3>}
          <ol className={styles.list}>
            {a.steps.map((s) => (
              <StepLine key={s.stage} step={s} job={job} />
            ))}
            {a.lost && (
              <li className={styles.step}>
                <span className={styles.icon} aria-hidden="true">
                  <ErrorCircleFilled />
                </span>
                {t('job.step.lost')}
              </li>
            )}
          </ol>
        </div>
      ))}
    </Panel>
  )
}

function StepLine({ step, job }: { step: Step; job: Job }) {
  const t = useText()
  const format = useFormat()
  const now = useNow()
  const styles = useStyles()
  const over = isOver(job.properties.status)
  const going = Boolean(step.at) && !step.until && step.stage !== 'ended' && step.stage !== 'submitted' && !over
  const failed = step.stage === 'ended' && job.properties.status === 'Failed'
  const lasted = step.at && step.stage !== 'submitted' && step.stage !== 'ended'
  const time = lasted ? (step.until ? Date.parse(step.until) : now) - Date.parse(step.at ?? '') : undefined
  const Icon = failed ? ErrorCircleFilled : !step.at ? CircleRegular : going ? RecordFilled : CheckmarkCircleFilled
  return (
    <li className={styles.step} data-step={step.stage} aria-current={going ? 'step' : undefined}>
      <span className={styles.icon} aria-hidden="true">
        <Icon />
      </span>
      <span className={mergeClasses(going && styles.now, !step.at && styles.later)}>{t(`job.step.${step.stage}`)}</span>
      <span className={mergeClasses(styles.time, !step.at && styles.later)}>
        {step.at ? (
          <>
            <time dateTime={step.at} title={format.time(step.at)}>
              {format.clock(step.at)}
            </time>
            {time !== undefined && ` · ${t('job.step.for', { time: format.duration(time) })}`}
          </>
        ) : (
          t('job.step.pending')
        )}
      </span>
    </li>
  )
}
