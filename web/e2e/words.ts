/** The catalogues that the studio has, so that one flow finds its buttons in each language. */
import { IntlMessageFormat } from 'intl-messageformat'
import type { MessageId } from '../src/i18n/catalogue.ts'
import { en } from '../src/i18n/en/index.ts'
import { josa } from '../src/i18n/josa.ts'
import { ko } from '../src/i18n/ko/index.ts'

export type Words = (id: MessageId, values?: Record<string, string | number>) => string

export function words(language: 'en' | 'ko'): Words {
  const catalogue = language === 'ko' ? ko : en
  return (id, values) => {
    const message = catalogue[id]
    if (message === undefined) throw new Error(`there is no message ${id}`)
    const text = String(new IntlMessageFormat(message, language).format(values))
    return language === 'ko' ? josa(text) : text
  }
}
