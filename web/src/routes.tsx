/** Every address of the studio, and the page that it opens. Pages are loaded when they are first shown. */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { computes } from './api/queries/compute.ts'
import { access, session, workspaceOf } from './api/queries/session.ts'
import { parseSearch, stringifySearch, type TableSearch, tableSearch, text } from './components/tableSearch.ts'
import { allWords } from './i18n/text.tsx'
import { Broken } from './shell/Broken.tsx'
import { Shell } from './shell/Shell.tsx'

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  notFoundComponent: () => <Broken kind="notFound" />,
  errorComponent: ({ error, reset }) => <Broken kind="error" error={error} reset={reset} />,
})

/** For pages whose words are not among the first (i18n/first.ts). */
const withWords =
  <T,>(page: () => Promise<T>) =>
  async (): Promise<T> =>
    (await Promise.all([page(), allWords()]))[0]

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: (s: Record<string, unknown>): { next?: string; over?: boolean } => ({
    next: text(s.next),
    over: s.over === '1' || s.over === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/SignIn/SignIn.tsx'), 'SignIn'),
})

/** Whoever is not signed in goes to sign in, and comes back to where they wanted to go. */
async function mustBeSignedIn(client: QueryClient, href: string) {
  const s = await client.ensureQueryData(session())
  if (!s.signedIn) throw redirect({ to: '/signin', search: { next: href } })
  return s
}

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ context, location }) => {
    const s = await mustBeSignedIn(context.client, location.href)
    const ws = s.workspaces?.[0]
    if (ws) throw redirect({ to: '/w/$ws', params: { ws: ws.name } })
  },
  component: () => <Broken kind="noWorkspace" />,
})

export const workspaceRoute = createRoute({
  getParentRoute: () => root,
  path: '/w/$ws',
  beforeLoad: async ({ context, location, params }) => {
    const s = await mustBeSignedIn(context.client, location.href)
    return { ws: workspaceOf(s, params.ws) }
  },
  loader: ({ context: { client, ws } }) => {
    if (ws) void client.prefetchQuery(access(ws))
  },
  component: Shell,
})

const page = <P extends string>(path: P) => ({ getParentRoute: () => workspaceRoute, path })

const home = createRoute({ ...page('/'), component: lazyRouteComponent(() => import('./pages/Home/Home.tsx'), 'Home') })

const computeStart = createRoute({
  ...page('/compute'),
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/compute/$tab', params: { ws: (params as { ws: string }).ws, tab: 'instances' } })
  },
})

const computeList = createRoute({
  ...page('/compute/$tab'),
  validateSearch: (s: Record<string, unknown>): TableSearch => tableSearch(s),
  // What the page shows is asked for before it is drawn.
  loader: ({ context: { client, ws } }) => {
    if (ws) void client.prefetchQuery(computes(ws))
  },
  component: lazyRouteComponent(() => import('./pages/ComputeList/ComputeList.tsx'), 'ComputeList'),
})

/** Kind: cluster, instance, inference, attach, attach-vm, attach-kubernetes, attach-databricks, attach-dla, attach-hdinsight, attach-synapse. */
const computeNew = createRoute({
  ...page('/compute/new/$kind'),
  validateSearch: (s: Record<string, unknown>): { step?: string; from?: string; panel?: string } => ({
    step: text(s.step),
    from: text(s.from),
    panel: text(s.panel),
  }),
  component: lazyRouteComponent(
    withWords(() => import('./pages/ComputeNew/ComputeNew.tsx')),
    'ComputeNew',
  ),
})

const computeDetail = createRoute({
  ...page('/compute/$tab/$name'),
  beforeLoad: ({ params }) => {
    throw redirect({
      to: '/w/$ws/compute/$tab/$name/$view',
      params: { ...(params as { ws: string; tab: string; name: string }), view: 'overview' },
    })
  },
})

/** View: overview, nodes, jobs, monitoring, events, settings, apps, schedules, health. */
const computeView = createRoute({
  ...page('/compute/$tab/$name/$view'),
  validateSearch: (s: Record<string, unknown>): TableSearch & { range?: string } => ({
    ...tableSearch(s),
    range: text(s.range),
  }),
  component: lazyRouteComponent(
    withWords(() => import('./pages/ComputeDetail/ComputeDetail.tsx')),
    'ComputeDetail',
  ),
})

const jobs = createRoute({
  ...page('/jobs'),
  validateSearch: (s: Record<string, unknown>): TableSearch => tableSearch(s),
  component: lazyRouteComponent(
    withWords(() => import('./pages/JobList/JobList.tsx')),
    'JobList',
  ),
})

const jobNew = createRoute({
  ...page('/jobs/new'),
  validateSearch: (s: Record<string, unknown>): { compute?: string; from?: string; mode?: string; panel?: string } => ({
    compute: text(s.compute),
    from: text(s.from),
    mode: text(s.mode),
    panel: text(s.panel),
  }),
  component: lazyRouteComponent(
    withWords(() => import('./pages/JobNew/JobNew.tsx')),
    'JobNew',
  ),
})

const jobStart = createRoute({
  ...page('/jobs/$name'),
  beforeLoad: ({ params }) => {
    throw redirect({
      to: '/w/$ws/jobs/$name/$view',
      params: { ...(params as { ws: string; name: string }), view: 'overview' },
    })
  },
})

/** What the views of a job have in their addresses: which log and what of it (LogViewer/address.ts), which output. */
const jobFields = ['log', 'attempt', 'rank', 'level', 'q', 're', 'cs', 'wrap', 'ts', 'path'] as const

/** View: overview, logs, outputs, code, events. */
const jobView = createRoute({
  ...page('/jobs/$name/$view'),
  validateSearch: (s: Record<string, unknown>): Partial<Record<(typeof jobFields)[number], string>> =>
    Object.fromEntries(jobFields.map((f) => [f, text(s[f])])),
  component: lazyRouteComponent(
    withWords(() => import('./pages/JobDetail/JobDetail.tsx')),
    'JobDetail',
  ),
})

const quota = createRoute({
  ...page('/quota'),
  validateSearch: (s: Record<string, unknown>): TableSearch & { location?: string; view?: string } => ({
    ...tableSearch(s),
    location: text(s.location),
    view: text(s.view),
  }),
  component: lazyRouteComponent(
    withWords(() => import('./pages/Quota/Quota.tsx')),
    'Quota',
  ),
})

const activity = createRoute({
  ...page('/activity'),
  validateSearch: (s: Record<string, unknown>): TableSearch & { target?: string; actor?: string; verb?: string } => ({
    ...tableSearch(s),
    target: text(s.target),
    actor: text(s.actor),
    verb: text(s.verb),
  }),
  component: lazyRouteComponent(
    withWords(() => import('./pages/Activity/Activity.tsx')),
    'Activity',
  ),
})

/** View: appearance, keys, tokens, shortcuts, password. */
const settings = createRoute({
  ...page('/settings/$view'),
  component: lazyRouteComponent(
    withWords(() => import('./pages/Settings/Settings.tsx')),
    'Settings',
  ),
})

const settingsStart = createRoute({
  ...page('/settings'),
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/settings/$view', params: { ws: (params as { ws: string }).ws, view: 'appearance' } })
  },
})

const tree = root.addChildren([
  signIn,
  start,
  workspaceRoute.addChildren([
    home,
    computeStart,
    computeNew,
    computeList,
    computeDetail,
    computeView,
    jobs,
    jobNew,
    jobStart,
    jobView,
    quota,
    activity,
    settings,
    settingsStart,
  ]),
])

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingMs: 300,
    scrollRestoration: true,
  })
}

/** Fetches the page of the present address, without waiting for what decides whether it is shown. */
export function fetchPage(router: ReturnType<typeof makeRouter>): void {
  type Page = { options: { component?: { preload?: () => Promise<unknown> } } }
  const pages = router.routesById as unknown as Record<string, Page>
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    void pages[routeId as string]?.options.component?.preload?.()
  }
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
