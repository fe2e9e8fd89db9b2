import { Button, type ButtonProps } from '@fluentui/react-components'
import { Hint } from './Hint.tsx'

/** A button that, when it cannot be used, stays in reach and says why. */
export function ActionButton({ denied, ...props }: ButtonProps & { denied?: string | undefined }) {
  if (!denied) return <Button {...(props as ButtonProps)} />
  return (
    <Hint content={denied}>
      <Button {...(props as ButtonProps)} disabledFocusable />
    </Hint>
  )
}
