import { Button, type ButtonProps, Tooltip } from '@fluentui/react-components'

/** A button that, when it cannot be used, stays in reach and says why. */
export function ActionButton({ denied, ...props }: ButtonProps & { denied?: string | undefined }) {
  if (!denied) return <Button {...(props as ButtonProps)} />
  return (
    <Tooltip content={denied} relationship="description">
      <Button {...(props as ButtonProps)} disabledFocusable />
    </Tooltip>
  )
}
