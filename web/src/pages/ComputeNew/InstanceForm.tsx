import { instanceOf } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { instanceDefaults, instanceLost, instanceValues } from '~/modules/specs/instance.ts'
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
        const lost = model && instanceLost(model)
        return (
          <>
            {(['schedules', 'scripts', 'endpoints'] as const).map(
              (what) =>
                lost &&
                lost[what] > 0 && (
                  <Banner key={what} intent="warning">
                    {t(`newInstance.${what}.lost`, { n: lost[what], name: model.name })}
                  </Banner>
                ),
            )}
            <InstanceWizard {...begin} />
          </>
        )
      }}
    </MachineStart>
  )
}
