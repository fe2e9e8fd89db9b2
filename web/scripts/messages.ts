import { parse } from '@formatjs/icu-messageformat-parser'
import { type Plugin, runnerImport } from 'vite'

const catalogue = /\/src\/i18n\/(en|ko)\/(?!index|first|later)\w+\.ts$/

/**
 * Parses the messages that have placeholders when the studio is built, so that browsers need not load the parser. The
 * others stay as they are (i18n/text.tsx shows them without formatting).
 */
export function messages(): Plugin {
  return {
    name: 'messages',
    apply: 'build',
    enforce: 'pre',
    config: () => ({
      resolve: {
        alias: [
          {
            find: /^@formatjs\/icu-messageformat-parser$/,
            replacement: '@formatjs/icu-messageformat-parser/no-parser.js',
          },
        ],
      },
    }),
    async load(id) {
      const language = catalogue.exec(id)?.[1]
      if (!language) return null
      const { module } = await runnerImport<Record<string, Record<string, string>>>(id, { configFile: false })
      const areas = Object.entries(module).map(([name, texts]) => {
        const parsed = Object.entries(texts).map(([key, text]) => [
          key,
          /[{}<']/.test(text) ? parse(text, { captureLocation: false, locale: new Intl.Locale(language) }) : text,
        ])
        return `export const ${name} = ${JSON.stringify(Object.fromEntries(parsed))}`
      })
      return { code: areas.join('\n'), moduleType: 'js' }
    },
  }
}
