import { Tooltip, type TooltipProps } from '@fluentui/react-components'
import { useState } from 'react'

type Props = Pick<TooltipProps, 'children'> & { content: Exclude<TooltipProps['content'], undefined | null> }

/** Says more about what it is around, to the pointer, the keyboard and screen readers; '' is nothing to say for now. */
export function Hint({ content, children }: Props) {
  const [visible, setVisible] = useState(false)
  const empty = content === ''
  if (empty && visible) setVisible(false)
  return (
    <Tooltip
      content={content}
      relationship={empty ? 'inaccessible' : 'description'}
      visible={visible}
      onVisibleChange={(_, d) => setVisible(d.visible && !empty)}
    >
      {children}
    </Tooltip>
  )
}
