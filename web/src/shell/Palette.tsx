import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  Input,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react'
import { computes } from '~/api/queries/compute.ts'
import { jobs } from '~/api/queries/job.ts'
import { composing } from '~/components/composing.ts'
import { useText } from '~/i18n/text.tsx'
import { useComputeActions } from '~/modules/computeActions.tsx'
import { useDenied, useWorkspace } from '~/modules/workspace.tsx'
import { type Command, commandsOf, search } from './commands.ts'
import { usePreferences } from './preferences.ts'
import { useTheme } from './theme.tsx'

const useStyles = makeStyles({
  surface: { alignSelf: 'start', marginTop: '10vh', padding: tokens.spacingHorizontalM },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  list: { maxHeight: '50vh', overflowY: 'auto', margin: 0, padding: 0, listStyleType: 'none' },
  option: {
    display: 'flex',
    gap: tokens.spacingHorizontalM,
    alignItems: 'baseline',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'pointer',
  },
  active: { backgroundColor: tokens.colorNeutralBackground1Selected },
  denied: { color: tokens.colorNeutralForeground3, cursor: 'not-allowed' },
  label: { flexGrow: 1, overflowWrap: 'anywhere' },
  kind: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, flexShrink: 0 },
})

/** Everything by name: type, choose with the arrows, Enter. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const actions = useComputeActions()
  return (
    <>
      <Dialog open={open} onOpenChange={(_, d) => !d.open && onClose()}>
        {open ? <Surface actions={actions} onClose={onClose} /> : <span />}
      </Dialog>
      {actions.dialog}
    </>
  )
}

function Surface({ actions, onClose }: { actions: ReturnType<typeof useComputeActions>; onClose: () => void }) {
  const t = useText()
  const styles = useStyles()
  const id = useId()
  const [asked, setAsked] = useState('')
  const [at, setAt] = useState(0)
  const commands = useCommands(actions)
  const found = useMemo(() => search(commands, asked), [commands, asked])
  const perform = usePerform(actions, onClose)
  const active = found[Math.min(at, found.length - 1)]
  useEffect(() => {
    document.getElementById(`${id}-${active?.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [id, active?.id])
  const pressed = (e: KeyboardEvent) => {
    if (composing(e)) return
    const move = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (move) setAt((n) => (Math.min(n, found.length - 1) + move + found.length) % Math.max(1, found.length))
    else if (e.key === 'Enter' && active) perform(active)
    else return
    e.preventDefault()
  }
  return (
    <DialogSurface className={styles.surface} aria-label={t('palette.title')}>
      <DialogBody>
        <DialogContent className={styles.content}>
          <Input
            autoFocus
            size="large"
            contentBefore={<SearchRegular />}
            aria-label={t('palette.title')}
            placeholder={t('palette.placeholder')}
            role="combobox"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={active && `${id}-${active.id}`}
            value={asked}
            onChange={(_, d) => {
              setAsked(d.value)
              setAt(0)
            }}
            onKeyDown={pressed}
          />
          <div role="status" className="visually-hidden">
            {t('palette.results', { n: found.length })}
          </div>
          {found.length === 0 && <div>{t('palette.none', { q: asked })}</div>}
          <div role="listbox" id={`${id}-list`} aria-label={t('palette.title')} className={styles.list}>
            {found.map((c) => (
              // biome-ignore lint/a11y/useFocusableInteractive: as above
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
              <div
                key={c.id}
                id={`${id}-${c.id}`}
                role="option"
                aria-selected={c === active}
                aria-disabled={c.denied ? true : undefined}
                className={mergeClasses(
                  styles.option,
                  c === active && styles.active,
                  Boolean(c.denied) && styles.denied,
                )}
                onClick={() => perform(c)}
              >
                <span className={styles.label}>
                  {c.label}
                  {c.denied && <div>{c.denied}</div>}
                </span>
                <span className={styles.kind}>{c.kind}</span>
              </div>
            ))}
          </div>
        </DialogContent>
      </DialogBody>
    </DialogSurface>
  )
}

function useCommands(actions: ReturnType<typeof useComputeActions>): Command[] {
  const t = useText()
  const ws = useWorkspace()
  const { language } = usePreferences()
  const { dark } = useTheme()
  const all = useQuery(computes(ws)).data
  const recent = useInfiniteQuery(jobs(ws)).data
  const compute = useDenied('computes/write')
  const job = useDenied('jobs/write')
  return commandsOf({
    t,
    ws: ws.name,
    computes: all ?? [],
    jobs: recent?.pages.flatMap((p) => p.value) ?? [],
    language,
    dark,
    denied: (verb, c) => actions.denied(verb, [c]),
    deniedNew: { compute, job },
  })
}

function usePerform(actions: ReturnType<typeof useComputeActions>, onClose: () => void) {
  const navigate = useNavigate()
  const { choose } = usePreferences()
  return (c: Command) => {
    if (c.denied) return
    onClose()
    if ('to' in c.do) void navigate({ href: c.do.to })
    else if ('verb' in c.do) actions.run(c.do.verb, [c.do.compute])
    else choose(c.do)
  }
}
