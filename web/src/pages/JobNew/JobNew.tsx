import { Tab, TabList } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { FieldPath } from 'react-hook-form'
import { job } from '~/api/queries/job.ts'
import type { Job } from '~/api/types.ts'
import { Banner, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { CopyForms } from '~/modules/CopyAs.tsx'
import { dropDraft } from '~/modules/draft.ts'
import { command, quote, workspaceFlags } from '~/modules/specs/shell.ts'
import { type WizardError, WizardFrame } from '~/modules/WizardFrame.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { documentOf } from './body.ts'
import { jobCopies } from './copies.ts'
import { treeOfJob } from './fromJob.ts'
import { JobForm } from './JobForm.tsx'
import { newName } from './names.ts'
import type { JobValues } from './tree.ts'
import { useJobDraft } from './useJobDraft.ts'
import { useSubmit } from './useSubmit.ts'
import { YamlEditor } from './YamlEditor.tsx'

const random = (n: number): Uint32Array => crypto.getRandomValues(new Uint32Array(n))

/** Submits a job, described in a form or as YAML; from= begins with the like of another. */
export function JobNew() {
  const t = useText()
  const ws = useWorkspace()
  const { from, compute } = useSearch({ from: '/w/$ws/jobs/new' })
  const like = useQuery({ ...job(ws, from ?? ''), enabled: from !== undefined, staleTime: Number.POSITIVE_INFINITY })
  if (from && like.isPending) {
    return (
      <>
        <PageHeader title={t('jobnew.title')} />
        <Loading rows={8} />
      </>
    )
  }
  return <Editor key={`${ws.name} ${from ?? ''}`} model={like.data} like={from} compute={compute} />
}

type Props = { model: Job | undefined; like: string | undefined; compute: string | undefined }

function Editor({ model, like, compute }: Props) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const { mode } = useSearch({ from: '/w/$ws/jobs/new' })
  const yaml = mode === 'yaml'
  // The form begins with the other job as it was then; that one goes on, and what is typed stays.
  const [from] = useState(() => model && treeOfJob(model))
  const d = useJobDraft(from, like, compute)
  const [free] = useState(() => newName(random))
  const name = typeof d.tree.name === 'string' && d.tree.name ? d.tree.name : free
  const document = useMemo(() => documentOf(ws, d.tree, name), [ws, d.tree, name])
  const all = useMemo(() => jobCopies({ origin: location.origin, ws }, d.yaml, document), [ws, d.yaml, document])
  const submit = useSubmit(d, name)
  const errors: WizardError[] = [
    ...submit.errors.map((message) => ({ message, go: () => {} })),
    ...fieldErrors(d.form.formState.errors).map(([path, message]) => ({
      message,
      go: () => {
        void navigate({ to: '.', search: (s: object) => ({ ...s, mode: undefined }), replace: true } as never)
        d.form.setFocus(path as FieldPath<JobValues>)
      },
    })),
  ]
  return (
    <WizardFrame
      title={t('jobnew.title')}
      action="jobs/write"
      lead={
        <TabList
          aria-label={t('jobnew.mode')}
          selectedValue={yaml ? 'yaml' : 'form'}
          onTabSelect={(_, tab) =>
            void navigate({
              to: '.',
              search: (s: object) => ({ ...s, mode: tab.value === 'yaml' ? 'yaml' : undefined }),
              replace: true,
            } as never)
          }
        >
          <Tab value="form">{t('jobnew.mode.form')}</Tab>
          <Tab value="yaml">{t('jobnew.mode.yaml')}</Tab>
        </TabList>
      }
      errors={errors}
      draft={d.draft}
      onNext={() => void submit.send()}
      onCancel={() => {
        dropDraft(d.draft.key)
        void navigate({ to: '/w/$ws/jobs', params: { ws: ws.name } })
      }}
      doneLabel={t('action.submit')}
      busy={submit.busy}
      aside={<CopyForms copies={all} />}
    >
      {like && (
        <Banner intent={from ? 'info' : 'warning'}>
          {t(from ? 'jobnew.from' : 'jobnew.from.missing', { name: like })}
        </Banner>
      )}
      {yaml ? (
        <YamlEditor yaml={d.yaml} broken={d.broken} problems={d.problems} onChange={d.type} />
      ) : (
        <JobForm
          control={d.form.control}
          values={d.values}
          name={free}
          cli={command([
            `atelier job run --compute ${quote(d.values.compute || 'NAME')} --code ./src`,
            ...workspaceFlags({ ws }),
            `-- ${quote(d.values.command || 'python train.py')}`,
          ])}
        />
      )}
    </WizardFrame>
  )
}

/** Messages by field, in the order of the form. */
function fieldErrors(errors: object, path = ''): [string, string][] {
  return Object.entries(errors).flatMap(([key, v]: [string, unknown]) => {
    if (!v || typeof v !== 'object' || key === 'ref') return []
    const at = path ? `${path}.${key}` : key
    const message = (v as { message?: unknown }).message
    return typeof message === 'string' ? [[at, message] as [string, string]] : fieldErrors(v, at)
  })
}
