/** Writes public/NOTICE.txt: every package that is part of the built studio, with the text of its licence. With --check, says whether it is current. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const out = 'public/NOTICE.txt'

function texts(dir) {
  const files = readdirSync(dir).filter((f) => /^(licen[sc]e|copying|notice)/i.test(f))
  return files.map((f) => readFileSync(join(dir, f), 'utf8').replaceAll('\r', '').trim()).join('\n\n')
}

const parts = ['Packages that are part of the Atelier studio, each under its own licence.']
for (const [path, p] of Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))) {
  if (!path || p.dev || !existsSync(path)) continue
  const name = path.replace(/^.*node_modules\//, '')
  if (name.startsWith('@types/')) continue
  parts.push(
    `${'-'.repeat(40)}\n${name} ${p.version}${p.license ? ` (${p.license})` : ''}\n${'-'.repeat(40)}\n${texts(path)}`,
  )
}
const notice = `${parts.join('\n\n')}\n`

if (process.argv.includes('--check')) {
  if (!existsSync(out) || readFileSync(out, 'utf8') !== notice) {
    console.error('public/NOTICE.txt is not current; run: npm run notice')
    process.exit(1)
  }
} else writeFileSync(out, notice)
