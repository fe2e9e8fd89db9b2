/**
 * How much JavaScript the list of clusters needs before it shows: what index.html names, the page, one catalogue, and all
 * that these import, compressed. "node scripts/budget.mjs [dist]" fails when it is more than it may be.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const budget = 260_000
const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url))
const assets = `${dist}/assets`
const compressed = new Map(
  readdirSync(assets)
    .filter((f) => f.endsWith('.js.gz'))
    .map((f) => [f.slice(0, -'.gz'.length), readFileSync(`${assets}/${f}`)]),
)
const size = (file) => compressed.get(file).length

/** The heaviest chunk of a module that is loaded when it is asked for: it is named after it. */
function chunk(name) {
  const found = [...compressed.keys()].filter((f) => f.replace(/-[\w-]{8}\.js$/, '') === name)
  if (found.length === 0) throw new Error(`${assets} has no chunk called ${name}; is the build whole?`)
  return found.sort((a, b) => size(b) - size(a))[0]
}

const importing =
  /\bimport\s*(?:[\w*{}\s,$]+?from\s*)?["']\.\/([^"']+\.js)["']|\bexport\s*[\w*{}\s,$]+?from\s*["']\.\/([^"']+\.js)["']/g
const imports = (file) => [...gunzipSync(compressed.get(file)).toString().matchAll(importing)].map((m) => m[1] ?? m[2])

const index = readFileSync(`${dist}/index.html`, 'utf8')
const wanted = [...index.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map((m) => m[1])
if (wanted.length === 0) throw new Error(`${dist}/index.html names no script`)
wanted.push(chunk('ComputeList'), chunk('first')) // i18n/LANGUAGE/first.ts

const loaded = new Set()
while (wanted.length > 0) {
  const file = wanted.pop()
  if (loaded.has(file)) continue
  loaded.add(file)
  wanted.push(...imports(file))
}
const kilobytes = (n) => (n / 1000).toFixed(1).padStart(7)
const total = [...loaded].reduce((sum, f) => sum + size(f), 0)
const lines = [...loaded].sort((a, b) => size(b) - size(a)).map((f) => `${kilobytes(size(f))} kB  ${f}`)
if (total > budget || process.argv.includes('--list')) console.log(lines.join('\n'))
console.log(
  `${kilobytes(total)} kB of JavaScript (gzip) before the list of clusters shows; ${budget / 1000} kB are allowed`,
)
if (total > budget) {
  console.error('Error: too much is loaded at first; import what is rarely used, or heavy, where it is first shown')
  process.exit(1)
}
