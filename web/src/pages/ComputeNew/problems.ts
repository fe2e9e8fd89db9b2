import type { MessageId } from '~/i18n/catalogue.ts'

/** A sentence, and what it names. */
export type Said = { id: MessageId; values?: Record<string, string | number> }

/** What is wrong with what a form holds, by field. */
export type Problems<V> = Partial<Record<keyof V, Said>>
