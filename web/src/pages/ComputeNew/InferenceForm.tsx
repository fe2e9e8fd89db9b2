import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { sizes } from '~/api/queries/compute.ts'
import { locations } from '~/api/queries/session.ts'
import { useText } from '~/i18n/text.tsx'
import { CopyAs } from '~/modules/CopyAs.tsx'
import { inferenceNames } from '~/modules/computeName.ts'
import { useDraft, useKeepDraft } from '~/modules/draft.ts'
import { ChoiceField } from '~/modules/FormFields.tsx'
import { NameField } from '~/modules/NameField.tsx'
import { Preview, useDryRun } from '~/modules/Preview.tsx'
import { withoutSecrets } from '~/modules/specs/document.ts'
import { WizardFrame } from '~/modules/WizardFrame.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { useChecked } from './checked.ts'
import { InferenceMachines } from './InferenceMachines.tsx'
import { InferenceNetwork } from './InferenceNetwork.tsx'
import { InferenceSsl } from './InferenceSsl.tsx'
import {
  emptyInference,
  type InferenceValues,
  inferenceBody,
  inferenceLike,
  inferenceProblems,
  inferenceSecrets,
} from './inferenceValues.ts'
import { LikeAnother } from './LikeAnother.tsx'
import { NotDriven } from './NotDriven.tsx'
import { usePost } from './post.ts'
import { ResourceField } from './ResourceField.tsx'
import { managedClusters } from './resourceIds.ts'

const stem = 'serve'

/** Makes an inference cluster, or takes one that exists. */
export function InferenceForm({ from }: { from?: string | undefined }) {
  const t = useText()
  const ws = useWorkspace()
  return (
    <LikeAnother
      title={t('infer.title')}
      from={from}
      like={inferenceLike}
      otherwise={{ ...emptyInference, location: ws.location }}
    >
      {(start, like) => <Form start={start} from={like} />}
    </LikeAnother>
  )
}

function Form({ start, from }: { start: InferenceValues; from: string | undefined }) {
  const t = useText()
  const ws = useWorkspace()
  const navigate = useNavigate()
  const draftKey = `${ws.name}.inference${from ? `.${from.toLowerCase()}` : ''}`
  const draft = useDraft<InferenceValues>(draftKey, start)
  const { data: places } = useQuery(locations(ws))
  const client = useQueryClient()
  const coresOf = (v: InferenceValues) =>
    client.getQueryData(sizes(ws, v.location, 'Dedicated').queryKey)?.find((s) => s.name === v.size)?.vCPUs
  const f = useChecked({ ...draft.values, key: '' }, (v) => inferenceProblems(v, coresOf(v)))
  const { form, values } = f
  useQuery(sizes(ws, values.location, 'Dedicated')) // so that the rules are looked at again when the cores are known
  useKeepDraft(draftKey, form, inferenceSecrets)
  const document = { name: values.name, body: inferenceBody(values, ws) }
  const denied = useDenied('computes/write')
  const complete = Object.keys(f.problems).length === 0
  const post = usePost(draftKey, 'inference')
  // The server needs no key to say what would be.
  const run = useDryRun(
    complete && !denied ? { ...document, body: withoutSecrets(document.body).body } : undefined,
    post.busy,
  )
  const leave = () => {
    draft.drop()
    void navigate({ to: '/w/$ws/compute/$tab', params: { ws: ws.name, tab: 'inference' } })
  }
  return (
    <WizardFrame
      title={t('infer.title')}
      errors={f.errors}
      draft={{
        restored: draft.restored,
        drop: () => {
          draft.drop()
          form.reset(start)
        },
      }}
      onNext={form.handleSubmit(() => post.send(document))}
      onCancel={leave}
      doneLabel={t('action.create')}
      busy={post.busy}
      aside={
        <>
          <Preview run={run} />
          <CopyAs document={{ ...document, name: values.name || stem }} />
        </>
      }
    >
      <NotDriven made />
      <div data-field="name">
        <NameField
          value={values.name}
          onChange={(name) => form.setValue('name', name, { shouldDirty: true, shouldValidate: true })}
          limits={inferenceNames}
          stem={stem}
          location={values.location}
          error={form.formState.errors.name?.message}
        />
      </div>
      <ChoiceField
        control={form.control}
        name="service"
        label={t('infer.service')}
        choices={[
          { value: 'new', label: t('infer.service.new') },
          { value: 'existing', label: t('infer.service.existing') },
        ]}
      />
      {values.service === 'existing' ? (
        <ResourceField
          control={form.control}
          name="resourceId"
          label={t('infer.existing')}
          types={managedClusters}
          why={t('infer.existing.why')}
        />
      ) : (
        <>
          <InferenceMachines f={f} places={places ?? []} cores={coresOf(values)} />
          <InferenceNetwork f={f} />
        </>
      )}
      <InferenceSsl f={f} />
    </WizardFrame>
  )
}
