import { Button, type ButtonProps } from '@fluentui/react-components'
import { AlertRegular, DarkThemeRegular, LocalLanguageRegular, PersonRegular } from '@fluentui/react-icons'
import { useText } from '~/i18n/text.tsx'
import { useOperations } from '~/modules/operations.ts'

/** The buttons at the end of the top bar, before their menus are there. */
export function MenuButtons({ name }: { name: string }) {
  const t = useText()
  const running = useOperations().filter((o) => !o.endedAt).length
  return (
    <>
      <Button
        aria-disabled="true"
        appearance="subtle"
        icon={<AlertRegular />}
        aria-label={t('shell.operations', { n: running })}
      />
      <LanguageButton aria-disabled="true" />
      <ThemeButton aria-disabled="true" />
      <UserButton aria-disabled="true" name={name} />
    </>
  )
}

export function LanguageButton(props: ButtonProps) {
  const t = useText()
  return <Button {...props} appearance="subtle" icon={<LocalLanguageRegular />} aria-label={t('shell.language')} />
}

export function ThemeButton(props: ButtonProps) {
  const t = useText()
  return <Button {...props} appearance="subtle" icon={<DarkThemeRegular />} aria-label={t('shell.theme')} />
}

export function UserButton({ name, ...props }: ButtonProps & { name: string }) {
  const t = useText()
  return <Button {...props} appearance="subtle" icon={<PersonRegular />} aria-label={t('shell.user', { name })} />
}
