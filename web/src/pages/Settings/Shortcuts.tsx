import { Field, makeStyles, Subtitle2, Switch, tokens } from '@fluentui/react-components'
import { useText } from '~/i18n/text.tsx'
import { usePreferences } from '~/shell/preferences.ts'
import { shortcuts } from '~/shell/shortcuts.ts'

const useStyles = makeStyles({
  list: {
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalXL}`,
    maxWidth: '520px',
    marginTop: tokens.spacingVerticalS,
  },
  heading: { display: 'block', marginTop: tokens.spacingVerticalXL },
  keys: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'nowrap' },
  action: { margin: 0 },
})

export function Shortcuts() {
  const t = useText()
  const styles = useStyles()
  const { shortcuts: on, choose } = usePreferences()
  return (
    <>
      <Field hint={t('shortcuts.on.hint')}>
        <Switch label={t('shortcuts.on')} checked={on} onChange={(_, d) => choose({ shortcuts: d.checked })} />
      </Field>
      <Subtitle2 as="h2" className={styles.heading}>
        {t('shortcuts.list')}
      </Subtitle2>
      <dl className={styles.list}>
        {shortcuts.map((s) => (
          <div key={s.id} style={{ display: 'contents' }}>
            <dt className={styles.keys}>{s.next ? t('shortcuts.then', { first: s.keys, second: s.next }) : s.keys}</dt>
            <dd className={styles.action}>{t(`shortcuts.${s.id}`)}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}
