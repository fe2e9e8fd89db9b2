import { Tooltip } from '@fluentui/react-components'
import { useFormat } from '~/i18n/text.tsx'

/** How long ago something was; the exact time on hover and for screen readers. Now is passed in. */
export function Timestamp({ at, now }: { at: string | number | null | undefined; now: number }) {
  const format = useFormat()
  if (!at) return <>–</>
  const date = new Date(at)
  return (
    <Tooltip content={format.time(date)} relationship="description">
      <time dateTime={date.toISOString()}>{format.ago(date, now)}</time>
    </Tooltip>
  )
}
