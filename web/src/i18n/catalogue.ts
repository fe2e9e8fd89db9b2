/** Message catalogues: one file for each area and language, loaded for the language that is shown. */
import type { en } from './en/index.ts'

export const languages = { en: 'English', ko: '한국어' } as const
export type Language = keyof typeof languages

/** Every message that there is; a Korean catalogue that lacks one does not compile. */
export type MessageId = keyof typeof en
export type Catalogue = Record<MessageId, string>

type Part = Partial<Catalogue>

/** The words that are needed first. */
export const loadFirst = async (language: Language): Promise<Part> =>
  language === 'ko' ? (await import('./ko/first.ts')).first : (await import('./en/first.ts')).first

/** The words of the other pages. */
export const loadLater = async (language: Language): Promise<Part> =>
  language === 'ko' ? (await import('./ko/later.ts')).later : (await import('./en/later.ts')).later

/** The language to begin with: what the address asks for, what the user chose before, what the browser prefers. */
export function firstLanguage(search: string, preferred: readonly string[], chosen = ''): Language {
  const asked = new URLSearchParams(search).get('lang')
  for (const tag of [asked, chosen, ...preferred]) {
    const primary = tag?.toLowerCase().split('-')[0]
    if (primary === 'en' || primary === 'ko') return primary
  }
  return 'en'
}
