import type { ComponentProps, FormEvent, KeyboardEvent } from 'react'
import { composing } from './composing.ts'

/** A form that Enter sends, except the Enter that ends a composition (Korean, Japanese, Chinese): it is part of the typing. */
export function Form({
  onSubmit,
  onKeyDown,
  ...props
}: Omit<ComponentProps<'form'>, 'onSubmit'> & { onSubmit: (e: FormEvent<HTMLFormElement>) => void }) {
  const keyDown = (e: KeyboardEvent<HTMLFormElement>) => {
    if (e.key === 'Enter' && composing(e)) e.preventDefault()
    else onKeyDown?.(e)
  }
  return (
    <form
      {...props}
      onKeyDown={keyDown}
      onSubmit={(e) => {
        e.preventDefault()
        onSubmit(e)
      }}
    />
  )
}
