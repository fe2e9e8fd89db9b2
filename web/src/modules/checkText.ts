import type { ConnectionCheck } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import type { Text } from '~/i18n/text.tsx'

export type CheckText = { message: string; help: string | undefined; known: boolean }

/** What a check of a machine found, in the language that is shown; in the server's words when its code is new to the studio. */
export function checkText(t: Text, has: (id: string) => boolean, check: ConnectionCheck): CheckText {
  const id = `check.${check.code}`
  if (!check.code || !has(id)) return { message: check.message, help: check.help, known: false }
  const help = has(`${id}.help`) ? t(`${id}.help` as MessageId, check.params) : undefined
  return { message: t(id as MessageId, check.params), help, known: true }
}
