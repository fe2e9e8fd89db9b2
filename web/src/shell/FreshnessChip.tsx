import { Button, Tooltip, tokens } from '@fluentui/react-components'
import { CircleFilled, PlugDisconnectedRegular, SpinnerIosRegular } from '@fluentui/react-icons'
import { resync, useFreshness } from '~/api/live.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useNow } from '~/modules/clock.ts'

/** After so long without the stream, what is shown counts as stale. */
const staleAfter = 5000

/** How fresh the page is. Selecting it reads everything again. */
export function FreshnessChip() {
  const t = useText()
  const format = useFormat()
  const freshness = useFreshness()
  const now = useNow()
  const lostFor = freshness.state === 'reconnecting' ? now - freshness.since : 0
  const stale = lostFor >= staleAfter
  const word = stale ? t('fresh.stale', { time: format.duration(lostFor) }) : t(`fresh.${freshness.state}`)
  const icon =
    freshness.state === 'live' ? (
      <CircleFilled color={tokens.colorPaletteGreenForeground1} fontSize={10} />
    ) : stale ? (
      <PlugDisconnectedRegular />
    ) : (
      <SpinnerIosRegular />
    )
  return (
    <>
      <Tooltip content={t('fresh.hint')} relationship="description">
        <Button
          appearance="subtle"
          size="small"
          icon={icon}
          onClick={resync}
          data-freshness={stale ? 'stale' : freshness.state}
        >
          {word}
        </Button>
      </Tooltip>
      <span role="status" className="visually-hidden">
        {stale ? t('fresh.reconnecting') : ''}
      </span>
    </>
  )
}
