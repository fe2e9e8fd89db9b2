import { Button, type ButtonProps } from '@fluentui/react-components'
import { DarkThemeRegular, LocalLanguageRegular, PersonRegular } from '@fluentui/react-icons'
import { useText } from '~/i18n/text.tsx'

/** The buttons at the end of the top bar, before their menus are there. */
export function MenuButtons({ name }: { name: string }) {
  return (
    <>
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
