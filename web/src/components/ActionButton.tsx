import { Button, type ButtonProps } from '@fluentui/react-components'
import { Hint } from './Hint.tsx'

/** A button that, when it cannot be used, stays in reach and says why. It is the same element in both cases, so that it keeps the focus. */
export function ActionButton({ denied, ...props }: ButtonProps & { denied?: string | undefined }) {
  return (
    <Hint content={denied ?? ''}>
      <Button {...(props as ButtonProps)} disabledFocusable={denied ? true : props.disabledFocusable} />
    </Hint>
  )
}
