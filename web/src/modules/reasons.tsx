/** Why something waits or is not as it should be, and what can be done about it from here. */
import { Button, makeStyles, Subtitle2, shorthands, tokens } from '@fluentui/react-components'
import { InfoRegular, WarningRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { compute } from '~/api/queries/compute.ts'
import type { Reason } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { useText } from '~/i18n/text.tsx'
import { Ago } from './Ago.tsx'
import { useComputeActions } from './computeActions.tsx'
import { locationOf, tabOf } from './computeKinds.ts'
import { foremost, reasonText } from './reasonText.ts'
import { type About, type Remedy, remediesOf } from './remedies.ts'
import { useDenied, useWorkspace } from './workspace.tsx'

export { reasonText } from './reasonText.ts'
export type { About } from './remedies.ts'

const useStyles = makeStyles({
  line: {
    display: 'inline-flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  icon: { flexShrink: 0, fontSize: '16px', display: 'inline-flex' },
  panel: {
    ...shorthands.border(tokens.strokeWidthThin, 'solid', tokens.colorNeutralStroke2),
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  title: { margin: 0 },
  list: { listStyleType: 'none', margin: `${tokens.spacingVerticalS} 0 0`, padding: 0 },
  reason: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    paddingBlock: tokens.spacingVerticalXS,
  },
  meta: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, paddingTop: tokens.spacingVerticalXS },
})

const Icon = ({ blocking }: { blocking: boolean }) => (blocking ? <WarningRegular /> : <InfoRegular />)

/** The one reason that tells most, in one line. */
export function ReasonLine({ reasons }: { reasons: Reason[] | null | undefined }) {
  const t = useText()
  const styles = useStyles()
  const first = foremost(reasons)
  if (!first) return null
  const others = (reasons?.length ?? 1) - 1
  return (
    <span className={styles.line}>
      <span className={styles.icon} aria-hidden="true">
        <Icon blocking={first.blocking} />
      </span>
      <span>
        {reasonText(t, first)}
        {others > 0 && ` ${t('why.moreReasons', { n: others })}`}
      </span>
    </span>
  )
}

/** All reasons, since when, what shows it, and what would help: as buttons where the studio can do it. */
export function ReasonPanel(props: {
  reasons: Reason[] | null | undefined
  title: string
  about: About
  level?: 2 | 3
}) {
  const t = useText()
  const styles = useStyles()
  const reasons = props.reasons ?? []
  return (
    <section className={styles.panel} aria-label={props.title}>
      <Subtitle2 as={props.level === 3 ? 'h3' : 'h2'} block className={styles.title}>
        {props.title}
      </Subtitle2>
      {reasons.length === 0 && <p>{t('why.none')}</p>}
      <ul className={styles.list}>
        {reasons.map((r) => (
          <li key={r.code + r.message} className={styles.reason} data-reason={r.code}>
            <span className={styles.icon} aria-hidden="true">
              <Icon blocking={r.blocking} />
            </span>
            <div>
              <div>
                {r.blocking && <strong>{t('why.blocking')}: </strong>}
                {reasonText(t, r)}
              </div>
              <div className={styles.meta}>
                {r.since && (
                  <>
                    <Ago at={r.since} />
                    {(r.evidence?.length ?? 0) > 0 && ' · '}
                  </>
                )}
                {(r.evidence?.length ?? 0) > 0 && (
                  <>
                    {t('why.evidence')}: <span lang="en">{r.evidence?.map(shortly).join(', ')}</span>
                  </>
                )}
              </div>
              <Remedies reason={r} about={props.about} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** "workspaces/s~g~w/computes/gpu" without the workspace, in which everything here is. */
const shortly = (evidence: string) => evidence.replace(/^workspaces\/[^/]+\//, '')

/** What would help with one reason. */
export function Remedies({ reason, about }: { reason: Reason; about: About }) {
  const t = useText()
  const styles = useStyles()
  const found = remediesOf(reason, about)
  // The server's words say the same as a button, for the command line.
  const words = found.some((r) => r.kind !== 'openCompute' && r.kind !== 'events') ? [] : (reason.remedies ?? [])
  return (
    <>
      {found.length > 0 && (
        <div className={styles.actions}>
          {found.map((r) => (
            <RemedyButton key={r.kind} remedy={r} />
          ))}
        </div>
      )}
      {words.length > 0 && (
        <div className={styles.meta}>
          {t('why.remedies')}: <span lang="en">{words.join('; ')}</span>
        </div>
      )}
    </>
  )
}

function RemedyButton({ remedy }: { remedy: Remedy }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const submitDenied = useDenied('jobs/write')
  if (remedy.kind === 'quota') return <QuotaRemedy {...remedy} />
  if (remedy.kind === 'editJob') {
    return (
      <ActionButton
        size="small"
        denied={submitDenied}
        onClick={() => void navigate({ to: '/w/$ws/jobs/new', params: { ws: ws.name }, search: { from: remedy.job } })}
      >
        {t('remedy.editJob')}
      </ActionButton>
    )
  }
  return <ComputeRemedy kind={remedy.kind} name={remedy.compute} />
}

/** Leads to the family at the location that the compute's machines are to be of. */
function QuotaRemedy({ compute: name, family }: { compute: string; family: string | undefined }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const { data: c } = useQuery(compute(ws, name))
  const search = { q: family, location: c && locationOf(c) }
  return (
    <Button size="small" onClick={() => void navigate({ to: '/w/$ws/quota', params: { ws: ws.name }, search })}>
      {t('remedy.quota')}
    </Button>
  )
}

function ComputeRemedy({ kind, name }: { kind: Exclude<Remedy['kind'], 'quota' | 'editJob'>; name: string }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const writeDenied = useDenied('computes/write')
  const actions = useComputeActions()
  const { data: c } = useQuery(compute(ws, name))
  if (!c) return null
  const params = { ws: ws.name, tab: tabOf(c), name: c.name }
  const show = (view: string) => void navigate({ to: '/w/$ws/compute/$tab/$name/$view', params: { ...params, view } })
  const again = () =>
    void navigate({
      to: '/w/$ws/compute/new/$kind',
      params: { ws: ws.name, kind: tabOf(c) === 'clusters' ? 'cluster' : 'instance' },
      search: { from: c.name },
    })
  switch (kind) {
    case 'start':
      return (
        <>
          <ActionButton
            size="small"
            appearance="primary"
            denied={actions.denied('start', [c])}
            onClick={() => actions.run('start', [c])}
          >
            {t('remedy.startAndContinue')}
          </ActionButton>
          {actions.dialog}
        </>
      )
    case 'raiseMax':
      return (
        <ActionButton size="small" denied={writeDenied} onClick={() => show('settings')}>
          {t('remedy.raiseMax')}
        </ActionButton>
      )
    case 'otherSize':
    case 'dedicated':
      return (
        <ActionButton size="small" denied={writeDenied} onClick={again}>
          {t(`remedy.${kind}`)}
        </ActionButton>
      )
    case 'events':
      return (
        <Button size="small" onClick={() => show('events')}>
          {t('remedy.events')}
        </Button>
      )
    case 'openCompute':
      return (
        <Button size="small" onClick={() => show('overview')}>
          {t('remedy.openCompute', { name: c.name })}
        </Button>
      )
  }
}
