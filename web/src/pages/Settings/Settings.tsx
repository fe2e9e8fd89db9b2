import { useParams } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { PageHeader } from '~/components/PageHeader.tsx'
import { RouteTabs } from '~/components/RouteTabs.tsx'
import { useText } from '~/i18n/text.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { Appearance } from './Appearance.tsx'
import { Keys } from './Keys.tsx'
import { Password } from './Password.tsx'
import { Shortcuts } from './Shortcuts.tsx'
import { Tokens } from './Tokens.tsx'

const views = {
  appearance: Appearance,
  keys: Keys,
  tokens: Tokens,
  shortcuts: Shortcuts,
  password: Password,
} satisfies Record<string, ComponentType>
type View = keyof typeof views

/** What is the caller's own. */
export function Settings() {
  const t = useText()
  const ws = useWorkspace()
  const { view } = useParams({ from: '/w/$ws/settings/$view' })
  const name: View = view in views ? (view as View) : 'appearance'
  const Shown = views[name]
  return (
    <>
      <PageHeader title={t('settings.title')} />
      <RouteTabs
        label={t('settings.title')}
        tabs={(Object.keys(views) as View[]).map((v) => ({
          to: '/w/$ws/settings/$view',
          params: { ws: ws.name, view: v },
          label: t(`settings.tab.${v}`),
          current: v === name,
        }))}
      />
      <Shown />
    </>
  )
}
