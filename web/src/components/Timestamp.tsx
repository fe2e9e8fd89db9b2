import { useFormat } from '~/i18n/text.tsx'
import { Hint } from './Hint.tsx'

/** How long ago something was; the exact time on hover and for screen readers. Now is passed in. */
export function Timestamp({ at, now }: { at: string | number | null | undefined; now: number }) {
  const format = useFormat()
  if (!at) return <>–</>
  const date = new Date(at)
  return (
    <Hint content={format.time(date)}>
      <time dateTime={date.toISOString()}>{format.ago(date, now)}</time>
    </Hint>
  )
}
