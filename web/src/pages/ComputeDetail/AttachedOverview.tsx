import { Badge, makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import type { Compute } from '~/api/types.ts'
import { CopyButton } from '~/components/CopyButton.tsx'
import { Panel, PanelGrid, type Property, PropertyList } from '~/components/Panel.tsx'
import { useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { locationOf } from '~/modules/computeKinds.ts'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { AttachedKindPanels } from './AttachedKindPanels.tsx'
import { AttachedNotices } from './AttachedNotices.tsx'
import { brought } from './attachedFacts.ts'

const useStyles = makeStyles({
  id: { display: 'flex', alignItems: 'flex-start', gap: tokens.spacingHorizontalXS },
  code: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
    minWidth: 0,
  },
  tags: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS },
})

/** Properties of the compute itself, then those of its kind. */
export function AttachedOverview({ compute }: { compute: Compute }) {
  const t = useText()
  return (
    <>
      <AttachedNotices compute={compute} />
      <PanelGrid>
        <Panel title={t('attached.props')}>
          <PropertyList items={useCommon(compute)} />
        </Panel>
        <AttachedKindPanels compute={compute} />
      </PanelGrid>
    </>
  )
}

function useCommon(compute: Compute): Property[] {
  const t = useText()
  const styles = useStyles()
  const p = compute.properties
  const items: Property[] = [
    { label: t('attached.type'), value: t(`type.${p.computeType}`) },
    { label: t('attached.provisioning'), value: <StateBadge state={p.provisioningState} /> },
    { label: t('attached.location'), value: locationOf(compute) },
    { label: brought(compute) ? t('attached.by') : t('attached.createdBy'), value: compute.systemData?.createdBy },
    { label: t('attached.created'), value: <Ago at={p.createdOn} /> },
    { label: t('attached.modified'), value: <Ago at={p.modifiedOn} /> },
  ]
  if (p.description) items.push({ label: t('attached.description'), value: p.description })
  const tags = Object.entries(compute.tags ?? {})
  if (tags.length > 0) {
    items.push({
      label: t('attached.tags'),
      value: (
        <span className={styles.tags}>
          {tags.map(([k, v]) => (
            <Badge key={k} appearance="outline" color="informative">
              {v ? `${k}: ${v}` : k}
            </Badge>
          ))}
        </span>
      ),
    })
  }
  if (p.resourceId)
    items.push({ label: t('attached.resourceId'), value: <Copied text={p.resourceId} what="resourceId" /> })
  items.push({ label: t('attached.id'), value: <Copied text={compute.id} what="id" /> })
  return items
}

function Copied({ text, what }: { text: string; what: 'resourceId' | 'id' }): ReactNode {
  const t = useText()
  const styles = useStyles()
  return (
    <span className={styles.id}>
      <span className={styles.code}>{text}</span>
      <CopyButton text={text} label={t(`attached.${what}.copy`)} />
    </span>
  )
}
