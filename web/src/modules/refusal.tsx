import { useIntl } from 'react-intl'
import { ApiError } from '~/api/http.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import { type Text, useText } from '~/i18n/text.tsx'

/** Meaning is what a refusal is about and what helps, in the language that is shown, or ''; words are the server's, in English. */
export type Refused = { meaning: string; words: string }

/** What was refused, by the code that the server gave; one that is new to the studio has no meaning but its words. */
export function refusedText(t: Text, has: (id: string) => boolean, error: unknown): Refused {
  const words = error instanceof Error ? error.message : String(error)
  const id = `refusal.${error instanceof ApiError ? error.code : ''}`
  return { meaning: has(id) ? t(id as MessageId) : '', words }
}

/** The same as one line, for where there is room for no more. */
export function useRefusedLine(): (error: unknown) => string {
  const t = useText()
  const { messages } = useIntl()
  return (error) => {
    const { meaning, words } = refusedText(t, (id) => id in messages, error)
    return meaning ? `${meaning} ${words}` : words
  }
}

/** Why something was refused: what it means, and below it the server's own words. */
export function Refusal({ error }: { error: unknown }) {
  const t = useText()
  const { messages } = useIntl()
  const { meaning, words } = refusedText(t, (id) => id in messages, error)
  return (
    <>
      {meaning && <div>{meaning}</div>}
      <div lang="en">{words}</div>
    </>
  )
}
