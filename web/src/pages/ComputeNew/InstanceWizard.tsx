import { useQuery } from '@tanstack/react-query'
import { access } from '~/api/queries/session.ts'
import type { LocationInfo } from '~/api/types.ts'
import { useText } from '~/i18n/text.tsx'
import { CopyAs } from '~/modules/CopyAs.tsx'
import { AreaField } from '~/modules/FormFields.tsx'
import { Preview } from '~/modules/Preview.tsx'
import { type InstanceValues, instanceDocument } from '~/modules/specs/instance.ts'
import { WizardFrame } from '~/modules/WizardFrame.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { InstanceApplications } from './InstanceApplications.tsx'
import { InstanceRequired } from './InstanceRequired.tsx'
import { InstanceReview } from './InstanceReview.tsx'
import { InstanceScheduling } from './InstanceScheduling.tsx'
import { InstanceSecurity } from './InstanceSecurity.tsx'
import {
  type InstanceStep,
  instanceLabels,
  instanceProblems,
  instanceStepOf,
  instanceSteps,
} from './instanceProblems.ts'
import { TagFields } from './MoreFields.tsx'
import { useWizard } from './useWizard.ts'

const secret: readonly string[] = []

type Props = { start: InstanceValues; from: string | undefined; locations: LocationInfo[] }

export function InstanceWizard({ start, from, locations }: Props) {
  const t = useText()
  const { data: me } = useQuery(access(useWorkspace()))
  const { form, values, document, run, steps, frame } = useWizard<InstanceStep, InstanceValues>({
    kind: 'instance',
    start,
    from,
    secret,
    steps: instanceSteps,
    stepOf: instanceStepOf,
    titleOf: (step) => t(`newInstance.step.${step}`),
    labels: instanceLabels,
    problemsOf: instanceProblems,
    documentOf: instanceDocument,
    priorityOf: () => 'Dedicated',
    stemOf: () => stemOf(me?.name),
  })
  return (
    <WizardFrame
      {...frame}
      title={t('newInstance.title')}
      onReview={() => void steps.right().then((ok) => ok && steps.go('review'))}
      aside={
        <>
          <Preview run={run} />
          {steps.step !== 'review' && <CopyAs document={document} />}
        </>
      }
    >
      {steps.step === 'required' && <InstanceRequired form={form} locations={locations} />}
      {steps.step === 'scheduling' && <InstanceScheduling form={form} />}
      {steps.step === 'security' && <InstanceSecurity form={form} />}
      {steps.step === 'applications' && <InstanceApplications form={form} />}
      {steps.step === 'tags' && (
        <>
          <TagFields control={form.control} />
          <AreaField
            control={form.control}
            name="description"
            label={t('wizard.field.description')}
            rows={2}
            help="description"
          />
        </>
      )}
      {steps.step === 'review' && (
        <>
          <InstanceReview values={values} />
          <CopyAs document={document} first="yaml" />
        </>
      )}
    </WizardFrame>
  )
}

/** "ci-kim" for kim, as instances are usually called. */
const stemOf = (user: string | undefined): string => {
  const letters = user
    ?.toLowerCase()
    .match(/[a-z][a-z0-9]*/)?.[0]
    ?.slice(0, 12)
  return letters ? `ci-${letters}` : 'ci-desk'
}
