import { makeStyles, tokens } from '@fluentui/react-components'
import { Link } from '@tanstack/react-router'
import { type Format, type Text, useFormat, useText } from '~/i18n/text.tsx'
import { identityIds } from '~/modules/specs/identity.ts'
import { type InstanceValues, lines } from '~/modules/specs/instance.ts'
import { parseSeconds } from '~/modules/specs/numbers.ts'
import type { InstanceStep } from './instanceProblems.ts'
import { useUsers } from './useUsers.ts'

const useStyles = makeStyles({
  section: {
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    paddingBottom: tokens.spacingVerticalM,
  },
  head: { display: 'flex', alignItems: 'baseline', justifyContent: 'space-between', gap: tokens.spacingHorizontalM },
  heading: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  link: {
    color: tokens.colorBrandForegroundLink,
    minHeight: '24px',
    display: 'inline-flex',
    alignItems: 'center',
  },
  list: {
    display: 'grid',
    gridTemplateColumns: 'minmax(120px, 220px) minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    margin: `${tokens.spacingVerticalS} 0 0`,
  },
  row: { display: 'contents' },
  term: { color: tokens.colorNeutralForeground2 },
  value: { margin: 0, overflowWrap: 'anywhere', whiteSpace: 'pre-line' },
})

type Row = [term: string, value: string]

/** All that was chosen, by section, each with the way back to it. */
export function InstanceReview({ values }: { values: InstanceValues }) {
  const t = useText()
  const f = useFormat()
  const styles = useStyles()
  const user = useUsers().find((u) => u.value === values.user)?.label ?? values.user.split(' ')[0] ?? ''
  return (
    <>
      {sections(t, f, values, user).map(([step, rows]) => {
        const title = t(`newInstance.step.${step}`)
        return (
          <section key={step} className={styles.section} aria-label={title}>
            <div className={styles.head}>
              <h2 className={styles.heading}>{title}</h2>
              <Link
                to="."
                search={(was: object) => ({ ...was, step }) as never}
                className={styles.link}
                aria-label={t('newInstance.review.edit', { section: title })}
              >
                {t('action.edit')}
              </Link>
            </div>
            <dl className={styles.list}>
              {rows.map(([term, value]) => (
                <div key={term} className={styles.row}>
                  <dt className={styles.term}>{term}</dt>
                  <dd className={styles.value}>{value}</dd>
                </div>
              ))}
            </dl>
          </section>
        )
      })}
    </>
  )
}

function sections(t: Text, f: Format, v: InstanceValues, user: string): [InstanceStep, Row[]][] {
  const onOff = (on: boolean) => t(on ? 'newInstance.review.on' : 'newInstance.review.off')
  const idle = f.duration((parseSeconds(v.idle, 'm') ?? 0) * 1000)
  const network = [v.network.resourceGroup, v.network.network, v.network.subnet].filter(Boolean).join(' / ')
  return [
    [
      'required',
      [
        [t('wizard.field.name'), v.name],
        [t('wizard.field.location'), v.location],
        [t('wizard.field.processor'), v.processor],
        [t('size.label'), v.size],
      ],
    ],
    [
      'scheduling',
      [
        [t('newInstance.idle.on'), v.idleOn ? t('newInstance.review.idle', { duration: idle }) : onOff(false)],
        ...v.schedules.map(
          (s, i): Row => [
            t('newInstance.schedule.n', { n: i + 1 }),
            `${t(`newInstance.schedule.${s.action}`)} · ${s.time} ${s.timeZone}`,
          ],
        ),
      ],
    ],
    [
      'security',
      [
        [t('newInstance.user'), v.assign ? user : t('newInstance.review.me')],
        [
          t('wizard.field.identity'),
          v.identity.kind === 'user' ? identityIds(v.identity.ids).join('\n') : t(`wizard.identity.${v.identity.kind}`),
        ],
        [t('wizard.field.ssh'), onOff(v.ssh)],
        [t('wizard.section.network'), network || t('none')],
        [t('newInstance.noPublicIp'), onOff(v.noPublicIp)],
        [t('newInstance.root'), onOff(v.root)],
      ],
    ],
    [
      'applications',
      [
        [t('newInstance.script.on'), v.scriptOn ? v.scriptPath : onOff(false)],
        [t('newInstance.apps'), v.apps.map((a) => `${a.name} · ${a.image} · ${a.published}`).join('\n') || t('none')],
      ],
    ],
    [
      'tags',
      [
        [t('wizard.section.tags'), v.tags.map((x) => `${x.key}=${x.value}`).join('\n') || t('none')],
        [t('wizard.field.description'), lines(v.description).join('\n') || t('none')],
      ],
    ],
  ]
}
