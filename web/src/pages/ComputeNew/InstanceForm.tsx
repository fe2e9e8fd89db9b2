import { instanceOf } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { instanceDefaults, instanceValues } from '~/modules/specs/instance.ts'
import { InstanceWizard } from './InstanceWizard.tsx'
import { MachineStart } from './MachineStart.tsx'

/** A new instance, or another one like one that there is. */
export function InstanceForm({ from }: { from?: string | undefined }) {
  const t = useText()
  return (
    <MachineStart
      title={t('newInstance.title')}
      from={from}
      machineOf={instanceOf}
      valuesOf={instanceValues}
      defaults={instanceDefaults}
    >
      {({ model, ...begin }) => {
        const had = (model && instanceOf(model)?.schedules?.computeStartStop?.length) ?? 0
        const lost = had - begin.start.schedules.length
        return (
          <>
            {lost > 0 && (
              <Banner intent="warning">{t('newInstance.schedules.lost', { n: lost, name: model?.name ?? '' })}</Banner>
            )}
            <InstanceWizard {...begin} />
          </>
        )
      }}
    </MachineStart>
  )
}
