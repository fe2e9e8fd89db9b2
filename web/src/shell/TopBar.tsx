import { makeStyles, Select, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import type { WorkspaceRef } from '~/api/http.ts'
import { session } from '~/api/queries/session.ts'
import { quiet } from '~/components/quiet.ts'
import { useText } from '~/i18n/text.tsx'
import { OperationsTray } from '~/modules/OperationsTray.tsx'
import { FreshnessChip } from './FreshnessChip.tsx'
import { MenuButtons } from './MenuButtons.tsx'
import { PaletteButton } from './PaletteButton.tsx'

const TopMenus = lazy(async () => {
  await quiet()
  return { default: (await import('./TopMenus.tsx')).TopMenus }
})

const useStyles = makeStyles({
  root: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalS,
    '@media (max-width: 479px)': { columnGap: tokens.spacingHorizontalXS, paddingInline: tokens.spacingHorizontalXS },
    rowGap: tokens.spacingVerticalXS,
    paddingInline: tokens.spacingHorizontalS,
    paddingBlock: tokens.spacingVerticalXS,
    minHeight: '40px',
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  brand: {
    display: 'inline-flex',
    alignItems: 'center',
    minHeight: '32px',
    paddingInline: tokens.spacingHorizontalS,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontWeight: tokens.fontWeightSemibold,
    whiteSpace: 'nowrap',
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
    '@media (max-width: 767px)': { display: 'none' },
  },
  workspace: { minWidth: '96px', maxWidth: '200px', flexShrink: 1 },
  end: {
    display: 'flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalXXS,
    '@media (max-width: 479px)': { columnGap: 0 },
    marginInlineStart: 'auto',
  },
})

export function TopBar({ ws, menu }: { ws: WorkspaceRef; menu: ReactNode }) {
  const t = useText()
  const styles = useStyles()
  const { data } = useQuery(session())
  const name = data?.displayName || data?.name || ''
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
        // Nothing that was read of one workspace may be shown of another, so all is begun anew.
        onChange={(_, d) => location.assign(`/w/${encodeURIComponent(d.value)}`)}
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
        <Suspense fallback={<MenuButtons name={name} />}>
          <TopMenus ws={ws} name={name} />
        </Suspense>
      </div>
    </header>
  )
}
