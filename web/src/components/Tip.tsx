import { Tooltip, type TooltipProps } from '@fluentui/react-components'

/** Apart from Hint, so that a page shows before what places tooltips is there. */
export function Tip(props: TooltipProps) {
  return <Tooltip {...props} />
}
