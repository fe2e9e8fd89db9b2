import type { TooltipProps } from '@fluentui/react-components'
import { lazy, type ReactElement, Suspense } from 'react'

const Tip = lazy(() => import('./Tip.tsx').then((m) => ({ default: m.Tip })))

/** Says more about what it is around, to the pointer, the keyboard and screen readers; '' is nothing to say for now. */
export function Hint({
  content,
  children,
}: {
  content: Exclude<TooltipProps['content'], undefined | null>
  children: ReactElement
}) {
  return (
    <Suspense fallback={children}>
      <Tip content={content}>{children}</Tip>
    </Suspense>
  )
}
