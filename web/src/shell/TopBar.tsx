import {
  Button,
  Menu,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components'
import { DarkThemeRegular, LocalLanguageRegular, PersonRegular } from '@fluentui/react-icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { WorkspaceRef } from '~/api/http.ts'
import { session, signOut } from '~/api/queries/session.ts'
import { languages } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import { OperationsTray } from '~/modules/OperationsTray.tsx'
import { FreshnessChip } from './FreshnessChip.tsx'
import { PaletteButton } from './PaletteButton.tsx'
import { usePreferences } from './preferences.ts'

const useStyles = makeStyles({
  root: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    paddingInline: tokens.spacingHorizontalS,
    minHeight: '48px',
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  brand: {
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontWeight: tokens.fontWeightSemibold,
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
    '@media (max-width: 479px)': { display: 'none' },
  },
  workspace: { minWidth: '120px', maxWidth: '200px' },
  end: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, marginInlineStart: 'auto' },
})

export function TopBar({ ws, menu }: { ws: WorkspaceRef; menu: ReactNode }) {
  const t = useText()
  const styles = useStyles()
  const navigate = useNavigate()
  const client = useQueryClient()
  const { data } = useQuery(session())
  const { language, theme, choose } = usePreferences()
  const leave = async () => {
    await signOut()
    client.clear()
    location.assign('/signin')
  }
  return (
    <header className={styles.root}>
      {menu}
      <Link to="/w/$ws" params={{ ws: ws.name }} className={styles.brand}>
        {t('app.name')}
      </Link>
      <Select
        className={styles.workspace}
        aria-label={t('shell.workspace')}
        value={ws.name}
        onChange={(_, d) => {
          client.clear()
          void navigate({ to: '/w/$ws', params: { ws: d.value } })
        }}
      >
        {(data?.workspaces ?? [ws]).map((w) => (
          <option key={`${w.resourceGroup}/${w.name}`} value={w.name}>
            {w.name}
          </option>
        ))}
      </Select>
      <PaletteButton />
      <div className={styles.end}>
        <FreshnessChip />
        <OperationsTray />
        <Menu
          checkedValues={{ language: [language] }}
          onCheckedValueChange={(_, d) => choose({ language: d.checkedItems[0] as 'en' | 'ko' })}
        >
          <MenuTrigger>
            <Button appearance="subtle" icon={<LocalLanguageRegular />} aria-label={t('shell.language')} />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {Object.entries(languages).map(([value, name]) => (
                <MenuItemRadio key={value} name="language" value={value} lang={value}>
                  {name}
                </MenuItemRadio>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
        <Menu
          checkedValues={{ theme: [theme] }}
          onCheckedValueChange={(_, d) => choose({ theme: d.checkedItems[0] as 'light' | 'dark' | 'system' })}
        >
          <MenuTrigger>
            <Button appearance="subtle" icon={<DarkThemeRegular />} aria-label={t('shell.theme')} />
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
            <Button
              appearance="subtle"
              icon={<PersonRegular />}
              aria-label={t('shell.user', { name: data?.displayName ?? data?.name ?? '' })}
            />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <Text style={{ padding: tokens.spacingHorizontalS }}>{data?.displayName ?? data?.name}</Text>
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
      </div>
    </header>
  )
}
