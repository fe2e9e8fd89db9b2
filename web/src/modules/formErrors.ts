/** What is wrong with a form: messages by the path of the field, as pure functions find it and react-hook-form wants it. */
import type { FieldErrors, FieldValues, Resolver } from 'react-hook-form'
import type { MessageId } from '~/i18n/catalogue.ts'
import type { Text } from '~/i18n/text.tsx'

export type Said = { id: MessageId; values?: Record<string, string | number> }
/** By path, "network.subnet" or "tags.0.key", in the order of the form. */
export type FieldProblems = Record<string, Said>

/** A resolver of a function that finds what is wrong. */
export function resolverOf<T extends FieldValues>(t: Text, find: (values: T) => FieldProblems): Resolver<T> {
  return (values) => {
    const found = Object.entries(find(values))
    if (found.length === 0) return { values, errors: {} }
    const errors: Record<string, unknown> = {}
    for (const [path, said] of found) set(errors, path.split('.'), { type: said.id, message: t(said.id, said.values) })
    return { values: {}, errors: errors as FieldErrors<T> }
  }
}

function set(into: Record<string, unknown>, [first = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    into[first] = value
    return
  }
  into[first] ??= {}
  set(into[first] as Record<string, unknown>, rest, value)
}
