import { useFormat } from '~/i18n/text.tsx'
import { useClock } from './clock.ts'

const day = 86_400_000

/** When something was that is listed: the time of day, and unless brief how long ago; of what is older than a day, the date. */
export function When({ at, brief = false }: { at: string; brief?: boolean }) {
  const format = useFormat()
  const old = useClock((now) => now - Date.parse(at) > day)
  const date = new Date(at)
  return (
    <>
      <time dateTime={date.toISOString()} title={format.time(date)}>
        {!old ? format.clock(date) : brief ? format.date(date) : format.time(date)}
      </time>
      {!old && !brief && (
        <>
          {' · '}
          <Ago at={at} />
        </>
      )}
    </>
  )
}

/** How long ago something was, for lists: it is drawn again only when its words change. The exact time is on hover. */
export function Ago({ at }: { at: string | number | null | undefined }) {
  const format = useFormat()
  const words = useClock((now) => (at ? format.ago(at, now) : ''))
  if (!at) return <>–</>
  const date = new Date(at)
  return (
    <time dateTime={date.toISOString()} title={format.time(date)}>
      {words}
    </time>
  )
}
