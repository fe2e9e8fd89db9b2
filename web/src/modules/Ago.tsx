import { useFormat } from '~/i18n/text.tsx'
import { useClock } from './clock.ts'

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
