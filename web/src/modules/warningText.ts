import type { MessageId } from '~/i18n/catalogue.ts'
import type { Text } from '~/i18n/text.tsx'

const known = ['OtherLocation', 'NoCapacity', 'SizeNotAvailableInFull']
const kept = ['customServices', 'dataMounts', 'schedules', 'setupScripts', 'subnet', 'virtualMachineImage']

/** What the server warns of, in the language that is shown; undefined where its own words, which are English, are all there is. */
export function warningText(t: Text, w: { code: string; target?: string | null }): string | undefined {
  if (known.includes(w.code)) return t(`preview.warning.${w.code}` as MessageId)
  const keeps = w.code === 'NotEnforced' && kept.includes(w.target ?? '')
  return keeps ? t(`preview.warning.NotEnforced.${w.target}` as MessageId) : undefined
}
