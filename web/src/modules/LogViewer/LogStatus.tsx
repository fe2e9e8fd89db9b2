import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { ArrowDownRegular, CopyRegular } from '@fluentui/react-icons'
import { useEffect, useState } from 'react'
import { useFormat, useText } from '~/i18n/text.tsx'
import { type Range, writeRange } from './address.ts'
import type { LogClient } from './client.ts'
import type { State } from './protocol.ts'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    minHeight: '36px',
    paddingTop: tokens.spacingVerticalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
  end: { marginInlineStart: 'auto', display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
})

type Props = {
  client: LogClient | undefined
  state: State
  range: Range | undefined
  following: boolean
  onEnd: () => void
}

/** How much there is, whether more comes, and what can be done with the lines that are chosen. */
export function LogStatus({ client, state, range, following, onEnd }: Props) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(''), 3000)
    return () => clearTimeout(timer)
  }, [said])
  const lines = state.lines
  const phase =
    state.phase === 'following' && !following
      ? t('log.phase.paused')
      : state.phase === 'failed' || state.phase === 'dropped'
        ? ''
        : t(`log.phase.${state.phase}`)
  const copy = async (clean: boolean) => {
    if (!range || !client) return
    await navigator.clipboard.writeText(await client.copy(range.from, range.to, clean))
    setSaid(t('log.copied', { n: Math.min(range.to, lines) - range.from + 1 }))
  }
  const link = async () => {
    if (!range) return
    const at = new URL(location.href)
    at.hash = writeRange(range)
    await navigator.clipboard.writeText(at.href)
    setSaid(t('log.link.copied'))
  }
  return (
    <div className={styles.bar}>
      <span data-count={lines}>
        {state.rows === lines
          ? t('log.count', { n: lines })
          : t('log.shown', { rows: format.number(state.rows), lines })}
        {' · '}
        {format.bytes(state.bytes)}
      </span>
      <span data-phase={state.phase}>{phase}</span>
      {state.phase === 'following' && !following && (
        <Button size="small" icon={<ArrowDownRegular />} onClick={onEnd}>
          {t('log.toEnd')}
        </Button>
      )}
      <span role="status">{said}</span>
      {range && (
        <div className={styles.end}>
          <span>
            {t('log.selected', {
              n: range.to - range.from + 1,
              from: format.number(range.from),
              to: format.number(range.to),
            })}
          </span>
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button size="small" icon={<CopyRegular />}>
                {t('log.copyLines')}
              </Button>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem onClick={() => void copy(false)}>{t('log.copy.raw')}</MenuItem>
                <MenuItem onClick={() => void copy(true)}>{t('log.copy.clean')}</MenuItem>
                <MenuItem onClick={() => void link()}>{t('log.copy.link')}</MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
        </div>
      )}
    </div>
  )
}
