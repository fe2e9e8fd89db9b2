/** Words, numbers and times in the language that is shown. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { IntlProvider, useIntl } from 'react-intl'
import { quiet } from '~/components/quiet.ts'
import { type Language, loadFirst, loadLater, type MessageId } from './catalogue.ts'
import { josa } from './josa.ts'

type Values = Record<string, string | number | Date | boolean | null | undefined>
export type Text = (id: MessageId, values?: Values) => string

const LanguageContext = createContext<{ language: Language; setLanguage: (l: Language) => void }>({
  language: 'en',
  setLanguage: () => {},
})

/** The language, and how to change it. */
export const useLanguage = () => useContext(LanguageContext)

let there: () => void
let missing: (error: unknown) => void
const complete = new Promise<void>((resolve, reject) => {
  there = resolve
  missing = reject
})
complete.catch(() => {}) // whoever waits is told

let ask: () => void
const asked = new Promise<void>((resolve) => {
  ask = resolve
})

/** Fulfilled when every word is there: for pages that say more than the first ones. */
export function allWords(): Promise<void> {
  ask()
  return complete
}

type Loaded = { language: Language; messages: Record<string, string> }

export function TextProvider(props: { language: Language; setLanguage: (l: Language) => void; children: ReactNode }) {
  const { language, setLanguage } = props
  const [loaded, setLoaded] = useState<Loaded>()
  const [failed, setFailed] = useState(false)
  const first = useRef(true)
  useEffect(() => {
    let wanted = true
    const other = !first.current
    first.current = false
    const load = async () => {
      const words = await loadFirst(language)
      // Another language is shown when all of it is there.
      setLoaded((before) => before ?? { language, messages: words as Loaded['messages'] })
      if (!other) await Promise.race([asked, quiet()])
      const later = await loadLater(language)
      if (!wanted) return
      setLoaded({ language, messages: { ...words, ...later } as Loaded['messages'] })
      there()
    }
    load().catch((error) => {
      if (!wanted) return
      setFailed(true)
      missing(error)
    })
    return () => {
      wanted = false
    }
  }, [language])
  useEffect(() => {
    if (loaded) document.documentElement.lang = loaded.language
  }, [loaded])
  const context = useMemo(() => ({ language, setLanguage }), [language, setLanguage])
  if (!loaded) return failed ? <NoWords /> : null
  return (
    <LanguageContext.Provider value={context}>
      <IntlProvider locale={loaded.language} messages={loaded.messages} defaultLocale="en">
        {props.children}
      </IntlProvider>
    </LanguageContext.Provider>
  )
}

/** There is no language to say it in. */
function NoWords() {
  return (
    <p role="alert">
      The page could not be loaded. Load it again. <span lang="ko">페이지를 불러오지 못했습니다. 새로 고치세요.</span>
    </p>
  )
}

/** Returns t: the message of an id, with its values in place and, in Korean, the right particles. */
export function useText(): Text {
  const intl = useIntl()
  return useMemo(() => {
    const ko = intl.locale === 'ko'
    return (id, values) => {
      const message = intl.messages[id]
      const plain = typeof message === 'string' && !/[{}<']/.test(message)
      const text = plain ? message : (intl.formatMessage({ id }, values) as string)
      return ko ? josa(text) : text
    }
  }, [intl])
}

export type Format = {
  number(n: number, options?: Intl.NumberFormatOptions): string
  /** Money per hour and the like; 0 is shown as such. */
  money(amount: number, currency?: string): string
  /** Date and time to the second. */
  time(at: string | number | Date): string
  date(at: string | number | Date): string
  clock(at: string | number | Date): string
  /** "3 minutes ago", "in 2 hours". */
  ago(at: string | number | Date, now: number): string
  /** "2 min 5 sec"; the two greatest units. */
  duration(milliseconds: number): string
  bytes(n: number): string
  list(items: string[]): string
  compare(a: string, b: string): number
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

export function makeFormat(locale: string): Format {
  const kept = new Map<string, Intl.NumberFormat>()
  const number = (n: number, options: Intl.NumberFormatOptions = {}) => {
    const key = JSON.stringify(options)
    const format = kept.get(key) ?? new Intl.NumberFormat(locale, options)
    kept.set(key, format)
    return format.format(n)
  }
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const clock = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const list = new Intl.ListFormat(locale)
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' })
  const unit = (n: number, u: string) => number(n, { style: 'unit', unit: u, unitDisplay: 'short' })
  return {
    number,
    money: (amount, currency = 'USD') =>
      number(amount, {
        style: 'currency',
        currency,
        minimumFractionDigits: 2,
        maximumFractionDigits: amount !== 0 && amount < 0.1 ? 3 : 2,
      }),
    time: (at) => time.format(new Date(at)),
    date: (at) => date.format(new Date(at)),
    clock: (at) => clock.format(new Date(at)),
    ago(at, now) {
      const seconds = Math.round((new Date(at).getTime() - now) / 1000)
      const [name, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ['second', 1]
      return relative.format(Math.trunc(seconds / size), name)
    },
    duration(milliseconds) {
      let left = Math.max(0, Math.round(milliseconds / 1000))
      const parts: string[] = []
      for (const [name, size] of units.slice(3)) {
        const n = Math.floor(left / size)
        left -= n * size
        if (n > 0 && parts.length < 2) parts.push(unit(n, name))
        else if (parts.length > 0) break
      }
      return parts.join(' ') || unit(0, 'second')
    },
    bytes(n) {
      const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
      const i = n < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(n) / 3))
      const value = n / 1000 ** i
      return number(value, {
        style: 'unit',
        unit: names[i] ?? 'byte',
        unitDisplay: i === 0 ? 'long' : 'short', // "738 byte" is short for nothing
        maximumFractionDigits: value < 10 && i > 0 ? 1 : 0,
      })
    },
    list: (items) => list.format(items),
    compare: (a, b) => collator.compare(a, b),
  }
}

const formats = new Map<string, Format>()

/** One for each language, since what it is made of is dear to make. */
export function useFormat(): Format {
  const { locale } = useIntl()
  const format = formats.get(locale) ?? makeFormat(locale)
  formats.set(locale, format)
  return format
}
