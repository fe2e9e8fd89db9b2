import { Button } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { flushSync } from 'react-dom'

/**
 * Takes a row out of a form. The keyboard goes on at the row that takes its place, and from the last one at what adds
 * another: the last button of what is marked with data-rows.
 */
export function RemoveButton(props: { label: string; className?: string | undefined; onRemove: () => void }) {
  const remove = (button: HTMLElement) => {
    const group = button.closest('[data-rows]')
    const all = () => [...(group?.querySelectorAll<HTMLElement>('[data-remove]') ?? [])]
    const at = all().indexOf(button)
    flushSync(props.onRemove)
    const next = all()[at] ?? [...(group?.querySelectorAll<HTMLElement>('button') ?? [])].at(-1)
    next?.focus()
  }
  return (
    <Button
      className={props.className}
      appearance="subtle"
      icon={<DismissRegular />}
      aria-label={props.label}
      data-remove=""
      onClick={(e) => remove(e.currentTarget)}
    />
  )
}
