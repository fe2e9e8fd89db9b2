import { makeStyles, Text, tokens } from '@fluentui/react-components'
import type { Compute } from '~/api/types.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { useText } from '~/i18n/text.tsx'
import type { ComputeActions, Verb } from '~/modules/computeActions.tsx'
import type { ComputeTab } from '~/modules/computeKinds.ts'
import { iconOf } from './icons.tsx'

const verbsOf: Record<ComputeTab, Verb[]> = {
  instances: ['start', 'stop', 'restart', 'delete'],
  clusters: ['delete'],
  inference: ['delete', 'detach'],
  attached: ['detach'],
  kubernetes: ['detach'],
}

const useStyles = makeStyles({
  root: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  chosen: { color: tokens.colorNeutralForeground2 },
})

/** What can be done: a new one, and what can be done with those that are chosen. */
export function Toolbar(props: {
  tab: ComputeTab
  create: () => void
  createDenied: string | undefined
  actions: ComputeActions
  selected: Compute[]
  done: () => void
}) {
  const t = useText()
  const styles = useStyles()
  const { selected, actions } = props
  return (
    <div className={styles.root} role="group" aria-label={t('compute.toolbar')}>
      <ActionButton appearance="primary" denied={props.createDenied} onClick={props.create} aria-keyshortcuts="n">
        {t('action.new')}
      </ActionButton>
      {verbsOf[props.tab].map((verb) => (
        <ActionButton
          key={verb}
          icon={iconOf[verb]}
          denied={selected.length === 0 ? t('compute.chooseFirst') : actions.denied(verb, selected)}
          onClick={() => actions.run(verb, selected, verb === 'delete' || verb === 'detach' ? props.done : undefined)}
        >
          {t(`action.${verb}`)}
        </ActionButton>
      ))}
      <Text className={styles.chosen} role="status">
        {selected.length > 0 && t('table.selected', { n: selected.length })}
      </Text>
    </div>
  )
}
