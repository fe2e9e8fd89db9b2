import { useNavigate } from '@tanstack/react-router'
import { useText } from '~/i18n/text.tsx'
import { CopyAs } from '~/modules/CopyAs.tsx'
import type { ComputeTab } from '~/modules/computeKinds.ts'
import { useDraft, useKeepDraft } from '~/modules/draft.ts'
import { NameField } from '~/modules/NameField.tsx'
import { Preview, useDryRun } from '~/modules/Preview.tsx'
import { withoutSecrets } from '~/modules/specs/document.ts'
import { noCredentials } from '~/modules/sshCredentials.ts'
import { WizardFrame } from '~/modules/WizardFrame.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { AttachFields } from './AttachFields.tsx'
import { AttachMachine } from './AttachMachine.tsx'
import { AttachMenu } from './AttachMenu.tsx'
import {
  type AttachKind,
  type AttachValues,
  attachBody,
  attachLike,
  attachProblems,
  attachSecrets,
  emptyAttach,
  has,
  isAttachKind,
  kinds,
} from './attachValues.ts'
import { useChecked } from './checked.ts'
import { LikeAnother } from './LikeAnother.tsx'
import { NotDriven } from './NotDriven.tsx'
import { usePost } from './post.ts'

/** Attaches a compute of the kind. */
export function AttachForm({ kind, from }: { kind: string; from?: string | undefined }) {
  const t = useText()
  if (!isAttachKind(kind)) return <AttachMenu />
  // Another kind is another form: nothing of what was typed, least of all a secret, goes over.
  return (
    <LikeAnother
      key={kind}
      title={t(`attach.title.${kind}`)}
      from={from}
      like={(c) => attachLike(kind, c)}
      otherwise={emptyAttach}
    >
      {(start, like) => <Form kind={kind} start={start} from={like} />}
    </LikeAnother>
  )
}

function Form({ kind, start, from }: { kind: AttachKind; start: AttachValues; from: string | undefined }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const draftKey = `${ws.name}.${kind}${from ? `.${from.toLowerCase()}` : ''}`
  const draft = useDraft<AttachValues>(draftKey, start)
  const f = useChecked(whole(draft.values), (v) => attachProblems(kind, v))
  const { form, values } = f
  useKeepDraft(draftKey, form, attachSecrets)
  const document = { name: values.name, body: attachBody(kind, values, ws.location) }
  const denied = useDenied('computes/write')
  const complete = Object.keys(f.problems).length === 0
  const tab: ComputeTab = kind === 'attach-kubernetes' ? 'kubernetes' : 'attached'
  const post = usePost(draftKey, tab, 'attached')
  // The server needs no secret to say what would be.
  const run = useDryRun(
    complete && !denied ? { ...document, body: withoutSecrets(document.body).body } : undefined,
    post.busy,
  )
  return (
    <WizardFrame
      title={t(`attach.title.${kind}`)}
      errors={f.errors}
      draft={{
        restored: draft.restored,
        drop: () => {
          draft.drop()
          form.reset(start)
        },
      }}
      onNext={form.handleSubmit(() => post.send(document, () => form.reset(emptyAttach)))}
      onCancel={() => {
        draft.drop()
        void navigate({ to: '/w/$ws/compute/$tab', params: { ws: ws.name, tab } })
      }}
      doneLabel={t('action.attach')}
      busy={post.busy}
      aside={
        <>
          <Preview run={run} />
          <CopyAs document={{ ...document, name: values.name || kinds[kind].stem }} />
        </>
      }
    >
      <NotDriven />
      <div data-field="name">
        <NameField
          value={values.name}
          onChange={(name) => form.setValue('name', name, { shouldDirty: true, shouldValidate: true })}
          stem={kinds[kind].stem}
          location={ws.location}
          error={form.formState.errors.name?.message}
        />
      </div>
      {has(kind, 'address') && <AttachMachine f={f} kind={kind} />}
      <AttachFields f={f} kind={kind} />
    </WizardFrame>
  )
}

/** A draft has no secrets, and may lack members that a later version has. */
const whole = (v: AttachValues): AttachValues => ({
  ...v,
  token: '',
  credentials: { ...noCredentials, ...v.credentials },
})
