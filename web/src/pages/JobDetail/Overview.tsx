import { makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { jobWhy } from '~/api/queries/job.ts'
import { isOver, type Job } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { Banner } from '~/components/Notice.tsx'
import { Panel, PanelGrid, PropertyList } from '~/components/Panel.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import type { JobActions } from '~/modules/jobActions.tsx'
import { ReasonPanel } from '~/modules/reasons.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { JobProperties } from './JobProperties.tsx'
import { Timeline } from './Timeline.tsx'

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL },
  column: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalL, minWidth: 0 },
  mono: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
})

/** How the job is, why, and what it is. */
export function Overview({ job, actions }: { job: Job; actions: JobActions }) {
  const t = useText()
  const styles = useStyles()
  const { properties: p } = job
  const variables = Object.entries(p.environmentVariables ?? {})
  const tags = Object.entries(p.tags ?? {})
  const code = (text: string): ReactNode => <span className={styles.mono}>{text}</span>
  return (
    <div className={styles.root}>
      {!isOver(p.status) && <Waiting job={job} />}
      {p.error && p.status === 'Failed' && <Ended job={job} actions={actions} />}
      <PanelGrid>
        <div className={styles.column}>
          <Timeline job={job} />
          {p.command && (
            <Panel title={t('job.command')}>
              <CodeBlock code={p.command} label={t('job.command')} copyLabel={t('job.command.copy')} />
            </Panel>
          )}
          <InputsOutputs job={job} />
        </div>
        <div className={styles.column}>
          <JobProperties job={job} />
          {variables.length > 0 && (
            <Panel title={t('job.variables')}>
              <PropertyList items={variables.map(([label, v]) => ({ label, value: code(v) }))} />
            </Panel>
          )}
          {tags.length > 0 && (
            <Panel title={t('job.tags')}>
              <PropertyList items={tags.map(([label, value]) => ({ label, value }))} />
            </Panel>
          )}
        </div>
      </PanelGrid>
    </div>
  )
}

/** Why the job does not run yet. Other jobs and computes change that, so it is asked for by itself. */
function Waiting({ job }: { job: Job }) {
  const t = useText()
  const { data } = useQuery(jobWhy(useWorkspace(), job.name))
  const reasons = data?.reasons ?? job.properties.reasons
  if (!reasons?.length) return null
  return <ReasonPanel reasons={reasons} title={t('why.title')} about={{ job }} />
}

/** Exit codes that tell more than that something failed. */
const told = ['1', '2', '126', '127', '134', '137', '139', '143']

/** Failures that the studio has words of its own for. */
const failures = [
  'ExecutionFailed',
  'JobTimedOut',
  'ComputeDeleted',
  'NodeLost',
  'EnvironmentBuildFailed',
  'EnvironmentNeedsContainer',
  'PythonVersionNotFound',
] as const

function Ended({ job, actions }: { job: Job; actions: JobActions }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const { error, exitCode } = job.properties
  const code = String(exitCode ?? '')
  const known = failures.find((f) => f === error?.code)
  return (
    <Banner
      intent="error"
      title={t('job.error.title')}
      actions={
        <>
          <ActionButton
            size="small"
            onClick={() =>
              void navigate({ to: '/w/$ws/jobs/$name/$view', params: { ws: ws.name, name: job.name, view: 'logs' } })
            }
          >
            {t('job.error.log')}
          </ActionButton>
          <ActionButton
            size="small"
            denied={actions.denied('duplicate', job)}
            onClick={() => actions.run('duplicate', job)}
          >
            {t('remedy.editJob')}
          </ActionButton>
        </>
      }
    >
      <span data-error={error?.code}>{known && t(`job.failed.${known}`)}</span> <span lang="en">{error?.message}</span>
      {told.includes(code) && (
        <div data-exit={code}>{t('job.error.exit', { code, words: t(`job.exit.${code}` as MessageId) })}</div>
      )}
    </Banner>
  )
}

function InputsOutputs({ job }: { job: Job }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const inputs = Object.entries(job.properties.inputs ?? {})
  const outputs = Object.entries(job.properties.outputs ?? {})
  const of = (kind: string, text: string | null | undefined, mode: string | null | undefined) => (
    <>
      {text && <span className={styles.mono}>{text}</span>}{' '}
      <small>{[kind === 'literal' ? '' : kind, mode].filter(Boolean).join(' · ')}</small>
    </>
  )
  return (
    <>
      {inputs.length > 0 && (
        <Panel title={t('job.inputs')}>
          <PropertyList
            items={inputs.map(([label, i]) => ({ label, value: of(i.jobInputType, i.value ?? i.uri, i.mode) }))}
          />
        </Panel>
      )}
      {outputs.length > 0 && (
        <Panel
          title={t('job.outputs')}
          actions={
            <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name: job.name, view: 'outputs' }}>
              {t('job.outputs.tree')}
            </TextLink>
          }
        >
          <PropertyList items={outputs.map(([label, o]) => ({ label, value: of(o.jobOutputType, o.uri, o.mode) }))} />
        </Panel>
      )}
    </>
  )
}
