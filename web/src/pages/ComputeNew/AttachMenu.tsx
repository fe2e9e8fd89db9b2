import { Badge, makeStyles, tokens, typographyStyles } from '@fluentui/react-components'
import {
  CloudRegular,
  DatabaseRegular,
  DesktopRegular,
  FlashRegular,
  FlowRegular,
  GlobeRegular,
  ServerMultipleRegular,
} from '@fluentui/react-icons'
import { Link } from '@tanstack/react-router'
import type { JSX } from 'react'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { attachKinds } from './attachValues.ts'
import { NotDriven } from './NotDriven.tsx'

const icons: Record<(typeof choices)[number], JSX.Element> = {
  'attach-vm': <DesktopRegular />,
  'attach-kubernetes': <ServerMultipleRegular />,
  'attach-databricks': <FlowRegular />,
  'attach-dla': <DatabaseRegular />,
  'attach-hdinsight': <CloudRegular />,
  'attach-synapse': <FlashRegular />,
  inference: <GlobeRegular />,
}

const choices = [...attachKinds, 'inference'] as const
const previews: readonly string[] = ['attach-kubernetes', 'attach-synapse']

const useStyles = makeStyles({
  heading: { ...typographyStyles.subtitle2, marginBlock: tokens.spacingVerticalM },
  list: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(300px, 100%), 1fr))',
    gap: tokens.spacingHorizontalM,
    listStyleType: 'none',
    margin: 0,
    padding: 0,
  },
  card: {
    display: 'grid',
    gridTemplateColumns: '32px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    alignItems: 'start',
    height: '100%',
    boxSizing: 'border-box',
    padding: tokens.spacingHorizontalM,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  icon: { fontSize: '28px', display: 'inline-flex', color: tokens.colorBrandForeground1 },
  name: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  strong: { fontWeight: tokens.fontWeightSemibold },
  text: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

/** What can be attached. */
export function AttachMenu() {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  return (
    <>
      <PageHeader title={t('attach.title')} lead={t('attach.lead')} />
      <NotDriven />
      <h2 className={styles.heading}>{t('attach.types')}</h2>
      <ul className={styles.list}>
        {choices.map((kind) => (
          <li key={kind}>
            <Link to="/w/$ws/compute/new/$kind" params={{ ws: ws.name, kind }} className={styles.card}>
              <span className={styles.icon} aria-hidden="true">
                {icons[kind]}
              </span>
              <span>
                <span className={styles.name}>
                  <span className={styles.strong}>{t(`attach.type.${kind}`)}</span>
                  {previews.includes(kind) && (
                    <Badge appearance="outline" color="informative">
                      {t('attach.preview')}
                    </Badge>
                  )}
                </span>
                <span className={styles.text}>{t(`attach.type.${kind}.text`)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}
