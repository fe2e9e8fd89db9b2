import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { CircleFilled, PlugDisconnectedRegular, SpinnerIosRegular } from '@fluentui/react-icons'
import { resync, useFreshness } from '~/api/live.ts'
import { Hint } from '~/components/Hint.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useClock } from '~/modules/clock.ts'

/** After so long without the stream, what is shown counts as stale. */
const staleAfter = 5000

const useStyles = makeStyles({
  button: { minWidth: '32px', whiteSpace: 'nowrap', fontWeight: tokens.fontWeightRegular },
  word: { '@media (max-width: 479px)': { display: 'none' } },
})

/** How fresh the page is. Selecting it reads everything again. */
export function FreshnessChip() {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const freshness = useFreshness()
  const lostAt = freshness.state === 'reconnecting' ? freshness.since : undefined
  const lostFor = useClock((now) => (lostAt === undefined ? 0 : Math.floor((now - lostAt) / 1000) * 1000))
  const stale = lostFor >= staleAfter
  const denied = freshness.state === 'denied'
  const word = stale ? t('fresh.stale', { time: format.duration(lostFor) }) : t(`fresh.${freshness.state}`)
  const icon =
    freshness.state === 'live' ? (
      <CircleFilled color={tokens.colorPaletteGreenForeground1} fontSize={10} />
    ) : stale || denied ? (
      <PlugDisconnectedRegular />
    ) : (
      <SpinnerIosRegular />
    )
  return (
    <>
      <Hint content={t(denied ? 'fresh.denied.hint' : 'fresh.hint')}>
        <Button
          className={styles.button}
          appearance="subtle"
          size="small"
          icon={icon}
          onClick={resync}
          aria-label={word}
          data-freshness={stale ? 'stale' : freshness.state}
        >
          <span className={styles.word}>{word}</span>
        </Button>
      </Hint>
      <span role="status" className="visually-hidden">
        {stale ? t('fresh.lost') : denied ? t('fresh.denied.hint') : ''}
      </span>
    </>
  )
}
