import { readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/**
 * Puts .br and .gz in the place of everything of the build that is text, so that the server never compresses and the
 * binary holds nothing that no browser asks for. The server unpacks for whoever takes neither.
 */
export function compress(): Plugin {
  let out = 'dist'
  let written = false
  return {
    name: 'compress',
    apply: 'build',
    configResolved(config) {
      out = config.build.outDir
    },
    writeBundle() {
      written = true
    },
    async closeBundle() {
      if (!written) return // the build failed, and says why by itself
      const files = await readdir(out, { recursive: true, withFileTypes: true })
      const texts = files
        .filter((f) => f.isFile() && /\.(js|css|svg|json)$/.test(f.name))
        .map((f) => join(f.parentPath, f.name))
      await Promise.all(
        texts.map(async (file) => {
          const data = await readFile(file)
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
          await writeFile(`${file}.br`, await brotli(data, quality))
          await writeFile(`${file}.gz`, await zip(data, { level: 9 }))
          await unlink(file)
        }),
      )
      await writeFile(join(out, '.gitkeep'), '')
    },
  }
}
