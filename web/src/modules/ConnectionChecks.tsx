import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import {
  CheckmarkCircleFilled,
  DismissCircleFilled,
  ShieldCheckmarkRegular,
  SubtractCircleRegular,
  WarningFilled,
} from '@fluentui/react-icons'
import type { JSX } from 'react'
import { useIntl } from 'react-intl'
import type { ConnectionCheck, ConnectionTest } from '~/api/types.ts'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { checkText } from './checkText.ts'

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: `${tokens.spacingVerticalM} 0 0`,
    padding: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  item: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    ':not(:last-child)': { borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}` },
  },
  line: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(88px, max-content) minmax(0, 1fr) max-content',
    columnGap: tokens.spacingHorizontalS,
    alignItems: 'baseline',
    '@media (max-width: 479px)': { gridTemplateColumns: '20px minmax(0, 1fr) max-content' },
  },
  icon: { fontSize: '16px', alignSelf: 'center', display: 'inline-flex' },
  ok: { color: tokens.colorStatusSuccessForeground1 },
  failed: { color: tokens.colorStatusDangerForeground1 },
  warning: { color: tokens.colorStatusWarningForeground1 },
  skipped: { color: tokens.colorNeutralForeground3 },
  name: { fontWeight: tokens.fontWeightSemibold },
  message: {
    overflowWrap: 'anywhere',
    color: tokens.colorNeutralForeground2,
    '@media (max-width: 479px)': { gridColumn: '2 / -1', gridRow: 2 },
  },
  time: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  below: {
    marginTop: tokens.spacingVerticalS,
    marginInlineStart: '28px',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    rowGap: tokens.spacingVerticalS,
    '@media (max-width: 479px)': { marginInlineStart: 0 },
  },
  help: { width: '100%' },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

const icons: Record<ConnectionCheck['status'], JSX.Element> = {
  ok: <CheckmarkCircleFilled />,
  failed: <DismissCircleFilled />,
  warning: <WarningFilled />,
  skipped: <SubtractCircleRegular />,
}

type Props = {
  result: ConnectionTest
  /** The fingerprint that the user trusts. */
  trusted: string | undefined
  onTrust: (fingerprint: string) => void
}

/** What the connection test found, step by step, each with what would help. */
export function ConnectionChecks({ result, trusted, onTrust }: Props) {
  const t = useText()
  const styles = useStyles()
  return (
    <>
      <span role="status" className="visually-hidden">
        {result.ok ? t('test.ok') : t('test.failed')}
      </span>
      <ul className={styles.list} aria-label={t('test.result')}>
        {result.checks.map((check) => (
          <Check
            key={check.name}
            check={check}
            hostKey={check.name === 'hostKey' ? result.hostKey : null}
            trusted={trusted}
            onTrust={onTrust}
          />
        ))}
      </ul>
    </>
  )
}

function Check(props: { check: ConnectionCheck; hostKey: ConnectionTest['hostKey'] } & Omit<Props, 'result'>) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const { check, hostKey, trusted } = props
  const { messages } = useIntl()
  const said = checkText(t, (id) => id in messages, check)
  return (
    <li className={styles.item} data-check={check.name} data-status={check.status}>
      <div className={styles.line}>
        <span className={mergeClasses(styles.icon, styles[check.status])} aria-hidden="true">
          {icons[check.status]}
        </span>
        <span className={styles.name}>
          {t(`test.${check.name}`)}
          <span className="visually-hidden"> {t(`test.status.${check.status}`)}</span>
        </span>
        <span className={styles.message} lang={said.known ? undefined : 'en'}>
          {said.message}
        </span>
        <span className={styles.time}>
          {check.status !== 'skipped' && format.number(check.milliseconds, { style: 'unit', unit: 'millisecond' })}
        </span>
      </div>
      {(hostKey || check.detail || said.help) && (
        <div className={styles.below}>
          {hostKey && (
            <span className={styles.code}>
              {hostKey.type} {hostKey.fingerprint}
            </span>
          )}
          {check.detail && (
            <span className={styles.code} lang="en">
              {check.detail}
            </span>
          )}
          {said.help && <span lang={said.known ? undefined : 'en'}>{said.help}</span>}
          {check.command && (
            <div className={styles.help}>
              <CodeBlock
                code={check.command}
                label={t('test.help', { check: t(`test.${check.name}`) })}
                copyLabel={t('test.help.copy', { check: t(`test.${check.name}`) })}
              />
            </div>
          )}
          {hostKey && hostKey.fingerprint !== trusted && (
            <Button size="small" icon={<ShieldCheckmarkRegular />} onClick={() => props.onTrust(hostKey.fingerprint)}>
              {t('test.trust')}
            </Button>
          )}
        </div>
      )}
    </li>
  )
}
