import { Tooltip, type TooltipProps } from '@fluentui/react-components'
import { useState } from 'react'

/** Apart from Hint, so that a page shows before what places tooltips is there. With nothing to say it stays away. */
export function Tip(props: Omit<TooltipProps, 'relationship'>) {
  const [visible, setVisible] = useState(false)
  const empty = props.content === ''
  if (empty && visible) setVisible(false)
  return (
    <Tooltip
      {...props}
      relationship={empty ? 'inaccessible' : 'description'}
      visible={visible}
      onVisibleChange={(_, d) => setVisible(d.visible && !empty)}
    />
  )
}
