/** What the palette offers: pages, things, and what can be done with them. Pure, so that it can be tested. */
import { type Compute, instanceOf, type Job } from '~/api/types.ts'
import type { Text } from '~/i18n/text.tsx'
import { isOn, tabOf } from '~/modules/computeKinds.ts'

export type Command = {
  id: string
  label: string
  /** What it is of: "page", "compute cluster". */
  kind: string
  /** Why it cannot be done. */
  denied?: string | undefined
  do:
    | { to: string }
    | { verb: 'start' | 'stop'; compute: Compute }
    | { language: 'en' | 'ko' }
    | { theme: 'light' | 'dark' }
}

type Given = {
  t: Text
  ws: string
  computes: Compute[]
  jobs: Job[]
  language: 'en' | 'ko'
  dark: boolean
  denied: (verb: 'start' | 'stop', c: Compute) => string | undefined
  deniedNew: { compute: string | undefined; job: string | undefined }
}

/** All that there is, pages first. */
export function commandsOf(g: Given): Command[] {
  const { t, ws } = g
  const at = (path: string) => ({ to: `/w/${ws}${path}` })
  const page = (path: string, name: string): Command => ({
    id: `go${path}`,
    label: t('palette.go', { name }),
    kind: t('palette.kind.page'),
    do: at(path),
  })
  const fresh = (kind: string, label: string, denied: string | undefined): Command => ({
    id: `new-${kind}`,
    label,
    kind: t('palette.kind.create'),
    denied,
    do: at(kind === 'job' ? '/jobs/new' : `/compute/new/${kind}`),
  })
  return [
    page('', t('nav.home')),
    page('/compute/instances', t('tab.instances')),
    page('/compute/clusters', t('tab.clusters')),
    page('/compute/inference', t('tab.inference')),
    page('/compute/attached', t('tab.attached')),
    page('/compute/kubernetes', t('tab.kubernetes')),
    page('/jobs', t('nav.jobs')),
    page('/quota', t('nav.quota')),
    page('/activity', t('nav.activity')),
    page('/settings/appearance', t('nav.settings')),
    fresh('cluster', t('palette.new.cluster'), g.deniedNew.compute),
    fresh('instance', t('palette.new.instance'), g.deniedNew.compute),
    fresh('inference', t('palette.new.inference'), g.deniedNew.compute),
    fresh('attach', t('palette.new.attach'), g.deniedNew.compute),
    fresh('job', t('palette.new.job'), g.deniedNew.job),
    ...g.computes.flatMap((c) => ofCompute(g, c)),
    ...g.jobs.map(
      (j): Command => ({
        id: `job-${j.name}`,
        label: t('palette.open', { name: j.properties.displayName || j.name }),
        kind: t('palette.job'),
        do: at(`/jobs/${encodeURIComponent(j.name)}/overview`),
      }),
    ),
    g.language === 'en'
      ? {
          id: 'ko',
          label: t('palette.language', { name: '한국어' }),
          kind: t('palette.kind.view'),
          do: { language: 'ko' },
        }
      : {
          id: 'en',
          label: t('palette.language', { name: 'English' }),
          kind: t('palette.kind.view'),
          do: { language: 'en' },
        },
    {
      id: 'theme',
      label: t(g.dark ? 'palette.theme.light' : 'palette.theme.dark'),
      kind: t('palette.kind.view'),
      do: { theme: g.dark ? 'light' : 'dark' },
    },
  ]
}

function ofCompute(g: Given, c: Compute): Command[] {
  const { t } = g
  const kind = t(`type.${c.properties.computeType}`)
  const open: Command = {
    id: `compute-${c.name}`,
    label: t('palette.open', { name: c.name }),
    kind,
    do: { to: `/w/${g.ws}/compute/${tabOf(c)}/${c.name}/overview` },
  }
  if (!instanceOf(c)) return [open]
  const verb = isOn(c) ? 'stop' : 'start'
  return [
    open,
    {
      id: `${verb}-${c.name}`,
      label: t(`palette.${verb}`, { name: c.name }),
      kind,
      denied: g.denied(verb, c),
      do: { verb, compute: c },
    },
  ]
}

/**
 * The commands that fit, the best first: each word of what is asked must be in the label or the kind; labels that begin
 * with it go before those that have it at the beginning of a word, and those before the others.
 */
export function search(commands: Command[], asked: string, most = 50): Command[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
  const scored: [number, Command][] = []
  for (const c of commands) {
    const label = c.label.toLowerCase()
    const all = `${label} ${c.kind.toLowerCase()}`
    if (!words.every((w) => all.includes(w))) continue
    let score = 0
    for (const w of words)
      score += label.startsWith(w)
        ? 0
        : new RegExp(`(^|[\\s“"(-])${literally(w)}`).test(label)
          ? 1
          : label.includes(w)
            ? 2
            : 3
    scored.push([score, c])
  }
  return scored
    .sort(([a], [b]) => a - b)
    .slice(0, most)
    .map(([, c]) => c)
}

const literally = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
