import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { WorkspaceRef } from '~/api/http.ts'
import { signOut } from '~/api/queries/session.ts'
import { type Language, languages } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { useToasts } from '~/modules/toast.tsx'
import { LanguageButton, ThemeButton, UserButton } from './MenuButtons.tsx'
import { usePreferences } from './preferences.ts'
import type { Theme } from './theme.tsx'

const useStyles = makeStyles({
  who: {
    display: 'block',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
})

/** The menus at the end of the top bar: language, theme, account. */
export function TopMenus({ ws, name }: { ws: WorkspaceRef; name: string }) {
  const t = useText()
  const styles = useStyles()
  const navigate = useNavigate()
  const client = useQueryClient()
  const say = useToasts()
  const { language, theme, choose } = usePreferences()
  const leave = async () => {
    try {
      await signOut()
    } catch (e) {
      say.refused(t('shell.signOut'), e)
      return
    }
    client.clear()
    location.assign('/signin')
  }
  return (
    <>
      <Menu
        checkedValues={{ language: [language] }}
        onCheckedValueChange={(_, d) => choose({ language: d.checkedItems[0] as Language })}
      >
        <MenuTrigger>
          <LanguageButton />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {Object.entries(languages).map(([value, word]) => (
              <MenuItemRadio key={value} name="language" value={value} lang={value}>
                {word}
              </MenuItemRadio>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Menu
        checkedValues={{ theme: [theme] }}
        onCheckedValueChange={(_, d) => choose({ theme: d.checkedItems[0] as Theme })}
      >
        <MenuTrigger>
          <ThemeButton />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {(['light', 'dark', 'system'] as const).map((value) => (
              <MenuItemRadio key={value} name="theme" value={value}>
                {t(`shell.theme.${value}`)}
              </MenuItemRadio>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Menu>
        <MenuTrigger>
          <UserButton name={name} />
        </MenuTrigger>
        <MenuPopover>
          <Text className={styles.who}>{name}</Text>
          <MenuDivider />
          <MenuList>
            <MenuItem
              onClick={() =>
                void navigate({ to: '/w/$ws/settings/$view', params: { ws: ws.name, view: 'appearance' } })
              }
            >
              {t('nav.settings')}
            </MenuItem>
            <MenuItem onClick={() => void leave()}>{t('shell.signOut')}</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </>
  )
}
