import { Body1, Field, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components'
import { languages } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { usePreferences } from '~/shell/preferences.ts'

const useStyles = makeStyles({ form: { display: 'grid', gap: tokens.spacingVerticalXL } })

export function Appearance() {
  const t = useText()
  const styles = useStyles()
  const { language, theme, choose } = usePreferences()
  return (
    <div className={styles.form}>
      <Body1>{t('settings.kept')}</Body1>
      <Field label={t('shell.language')}>
        <RadioGroup value={language} onChange={(_, d) => choose({ language: d.value as 'en' | 'ko' })}>
          {Object.entries(languages).map(([value, name]) => (
            <Radio key={value} value={value} label={{ children: name, lang: value }} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={t('shell.theme')}>
        <RadioGroup value={theme} onChange={(_, d) => choose({ theme: d.value as 'light' | 'dark' | 'system' })}>
          {(['light', 'dark', 'system'] as const).map((value) => (
            <Radio key={value} value={value} label={t(`shell.theme.${value}`)} />
          ))}
        </RadioGroup>
      </Field>
    </div>
  )
}
