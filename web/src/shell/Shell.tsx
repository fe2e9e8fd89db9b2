import { Button, makeStyles, mergeClasses, shorthands, tokens } from '@fluentui/react-components'
import {
  ClipboardTaskListLtrRegular,
  DataUsageRegular,
  HistoryRegular,
  HomeRegular,
  NavigationRegular,
  ServerRegular,
  SettingsRegular,
} from '@fluentui/react-icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useParams } from '@tanstack/react-router'
import { type JSX, useEffect, useRef, useState } from 'react'
import type { WorkspaceRef } from '~/api/http.ts'
import { useLive } from '~/api/live.ts'
import { session, workspaceOf } from '~/api/queries/session.ts'
import { firstPageShown } from '~/components/quiet.ts'
import { type Text, useText } from '~/i18n/text.tsx'
import { useFollowOperations } from '~/modules/operations.ts'
import { WorkspaceContext } from '~/modules/workspace.tsx'
import { Broken } from './Broken.tsx'
import { Extras } from './Extras.tsx'
import { useGoToSignIn } from './goToSignIn.ts'
import { TopBar } from './TopBar.tsx'

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: '220px minmax(0, 1fr)',
    gridTemplateRows: 'auto 1fr',
    minHeight: '100vh',
    '@media (max-width: 1279px)': { gridTemplateColumns: '48px minmax(0, 1fr)' },
    '@media (max-width: 767px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  skip: {
    position: 'absolute',
    insetInlineStart: '-9999px',
    ':focus': {
      insetInlineStart: tokens.spacingHorizontalM,
      top: tokens.spacingVerticalS,
      zIndex: 1000,
      backgroundColor: tokens.colorNeutralBackground1,
      padding: tokens.spacingHorizontalS,
    },
  },
  top: { gridColumn: '1 / -1' },
  menu: { flexShrink: 0, '@media (min-width: 1280px)': { display: 'none' } },
  nav: {
    backgroundColor: tokens.colorNeutralBackground2,
    ...shorthands.borderRight(tokens.strokeWidthThin, 'solid', tokens.colorNeutralStroke2),
    padding: tokens.spacingHorizontalXS,
    '@media (max-width: 767px)': { display: 'none' },
  },
  navOpen: {
    '@media (max-width: 767px)': { display: 'block' },
    '@media (max-width: 1279px)': {
      display: 'block',
      position: 'fixed',
      insetBlock: 0,
      insetInlineStart: 0,
      width: '240px',
      zIndex: 20,
      boxShadow: tokens.shadow28,
      paddingTop: tokens.spacingVerticalM,
    },
  },
  group: {
    margin: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalS} ${tokens.spacingVerticalXS}`,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground3,
    '@media (max-width: 1279px)': { display: 'none' },
  },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  link: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minHeight: '36px',
    paddingInline: tokens.spacingHorizontalS,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontSize: tokens.fontSizeBase300,
    ':hover': { backgroundColor: tokens.colorNeutralBackground2Hover },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  current: { backgroundColor: tokens.colorNeutralBackground1Selected, fontWeight: tokens.fontWeightSemibold },
  icon: { fontSize: '20px', display: 'inline-flex', flexShrink: 0 },
  word: {
    '@media (max-width: 1279px)': {
      position: 'absolute',
      width: '1px',
      height: '1px',
      overflow: 'hidden',
      clipPath: 'inset(50%)',
      whiteSpace: 'nowrap',
    },
  },
  shown: {
    '@media (max-width: 1279px)': {
      position: 'static',
      width: 'auto',
      height: 'auto',
      clipPath: 'none',
      display: 'block',
    },
  },
  main: {
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL}`,
    minWidth: 0,
    '@media (max-width: 767px)': { padding: tokens.spacingHorizontalM },
  },
  scrim: {
    position: 'fixed',
    inset: 0,
    zIndex: 15,
    backgroundColor: tokens.colorBackgroundOverlay,
    ...shorthands.borderStyle('none'),
  },
})

/** The workspace's frame: what is above and beside every page, and the stream that keeps all of it fresh. */
export function Shell() {
  const { ws: name } = useParams({ strict: false }) as { ws: string }
  const { data } = useQuery(session())
  if (!data) return null
  const ws = workspaceOf(data, name)
  if (!ws) return <Broken kind="noWorkspace" />
  return (
    <WorkspaceContext.Provider value={ws}>
      <Frame ws={ws} />
    </WorkspaceContext.Provider>
  )
}

function Frame({ ws }: { ws: WorkspaceRef }) {
  const t = useText()
  const styles = useStyles()
  const { open, setOpen, opener, drawer } = useDrawer()
  useLive(ws)
  useFirstPage()
  useFollowOperations()
  useGoToSignIn()
  const { pathname } = useLocation()
  return (
    <div className={styles.root}>
      <a href="#main" className={styles.skip}>
        {t('app.skip')}
      </a>
      <div className={styles.top}>
        <TopBar
          ws={ws}
          menu={
            <Button
              ref={opener}
              className={styles.menu}
              appearance="subtle"
              icon={<NavigationRegular />}
              aria-label={open ? t('nav.close') : t('nav.open')}
              aria-expanded={open}
              aria-controls="nav"
              onClick={() => setOpen(!open)}
            />
          }
        />
      </div>
      {open && (
        <button
          type="button"
          tabIndex={-1}
          className={styles.scrim}
          aria-label={t('nav.close')}
          onClick={() => setOpen(false)}
        />
      )}
      <nav
        ref={drawer}
        id="nav"
        aria-label={t('nav.label')}
        className={mergeClasses(styles.nav, open && styles.navOpen)}
      >
        {groups(t).map((group) => (
          <div key={group.label ?? 'top'}>
            {group.label && <h2 className={mergeClasses(styles.group, open && styles.shown)}>{group.label}</h2>}
            <ul className={styles.list}>
              {group.items.map((item) => {
                const at = `/w/${ws.name}${item.to}`
                const current = item.to === '' ? pathname.replace(/\/$/, '') === at : pathname.startsWith(at)
                return (
                  <li key={item.to}>
                    <Link
                      to={at as '/'}
                      className={mergeClasses(styles.link, current && styles.current)}
                      aria-current={current ? 'page' : undefined}
                      title={item.label}
                    >
                      <span className={styles.icon} aria-hidden="true">
                        {item.icon}
                      </span>
                      <span className={mergeClasses(styles.word, open && styles.shown)}>{item.label}</span>
                    </Link>
                  </li>
                )
              })}
            </ul>
          </div>
        ))}
      </nav>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <Extras ws={ws} />
    </div>
  )
}

/** Says when the first page is there with what it shows: once its frame is drawn and nothing is being asked for. */
function useFirstPage() {
  const client = useQueryClient()
  useEffect(() => {
    const cache = client.getQueryCache()
    const look = () => {
      if (client.isFetching() > 0) return
      end()
      firstPageShown()
    }
    const end = cache.subscribe(look)
    look()
    return end
  }, [client])
}

/** On all but wide screens the navigation lies above the page while it is open; it has the focus then, and Escape closes it. */
function useDrawer() {
  const [open, setOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const drawer = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes it
  useEffect(() => setOpen(false), [pathname])
  useEffect(() => {
    if (!open) return
    drawer.current?.querySelector('a')?.focus()
    const pressed = (e: KeyboardEvent) => {
      if (e.key !== 'Escape') return
      setOpen(false)
      opener.current?.focus()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [open])
  return { open, setOpen, opener, drawer }
}

type Item = { to: string; label: string; icon: JSX.Element }

function groups(t: Text): { label?: string; items: Item[] }[] {
  return [
    { items: [{ to: '', label: t('nav.home'), icon: <HomeRegular /> }] },
    { label: t('nav.assets'), items: [{ to: '/jobs', label: t('nav.jobs'), icon: <ClipboardTaskListLtrRegular /> }] },
    {
      label: t('nav.manage'),
      items: [
        { to: '/compute', label: t('nav.compute'), icon: <ServerRegular /> },
        { to: '/quota', label: t('nav.quota'), icon: <DataUsageRegular /> },
        { to: '/activity', label: t('nav.activity'), icon: <HistoryRegular /> },
        { to: '/settings', label: t('nav.settings'), icon: <SettingsRegular /> },
      ],
    },
  ]
}
