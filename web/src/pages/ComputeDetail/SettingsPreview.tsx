import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { patch as send } from '~/api/http.ts'
import { keys } from '~/api/keys.ts'
import { computePath } from '~/api/queries/compute.ts'
import type { Compute } from '~/api/types.ts'
import { useDebounced } from '~/components/debounced.ts'
import { Banner, Loading } from '~/components/Notice.tsx'
import { Panel, PropertyList } from '~/components/Panel.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { unpriced } from '~/modules/Preview.tsx'
import { warningText } from '~/modules/warningText.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

/** What the server would make of the change, without making it. */
export function SettingsPreview({ compute: c, patch }: { compute: Compute; patch: object }) {
  const t = useText()
  const format = useFormat()
  const ws = useWorkspace()
  const asked = useDebounced(JSON.stringify(patch), 300)
  const { data, error } = useQuery({
    queryKey: [...keys.computeParts(c.name), 'preview', asked],
    queryFn: ({ signal }) =>
      send<Compute>(computePath(ws, c.name), { query: { dryRun: true }, body: JSON.parse(asked), signal }),
    placeholderData: keepPreviousData,
  })
  const preview = data?.properties.preview
  return (
    <Panel title={t('details.settings.preview')}>
      {error && <Failure error={error} />}
      {!error && !preview && <Loading rows={2} />}
      {preview && !error && (
        <>
          {preview.warnings.map((w) => (
            <Banner key={w.code + w.message} intent="warning">
              {warningText(t, w) ?? <span lang="en">{w.message}</span>}
            </Banner>
          ))}
          <PropertyList
            items={[
              {
                label: t('details.cost.perHour'),
                value: preview.pricePerHour
                  ? `${format.money(preview.pricePerHour.min, preview.currency)} – ${format.money(preview.pricePerHour.max, preview.currency)}`
                  : t(unpriced(preview)),
              },
              {
                label: t('details.quota'),
                value:
                  preview.quota &&
                  t('details.settings.quota', {
                    family: preview.quota.family,
                    before: preview.quota.before,
                    after: preview.quota.after,
                  }),
              },
            ]}
          />
        </>
      )}
    </Panel>
  )
}
