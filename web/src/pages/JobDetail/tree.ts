/** Files by folder, as a tree whose folders come first. */
import type { OutputFile } from '~/api/types.ts'

export type Folder = {
  name: string
  path: string
  size: number
  folders: Folder[]
  files: (OutputFile & { name: string })[]
}

export function treeOf(files: OutputFile[], compare: (a: string, b: string) => number): Folder {
  const root: Folder = { name: '', path: '', size: 0, folders: [], files: [] }
  const known = new Map<string, Folder>([['', root]])
  const folder = (path: string): Folder => {
    const have = known.get(path)
    if (have) return have
    const cut = path.lastIndexOf('/')
    const made: Folder = { name: path.slice(cut + 1), path, size: 0, folders: [], files: [] }
    known.set(path, made)
    folder(cut < 0 ? '' : path.slice(0, cut)).folders.push(made)
    return made
  }
  for (const file of files) {
    const cut = file.path.lastIndexOf('/')
    folder(cut < 0 ? '' : file.path.slice(0, cut)).files.push({ ...file, name: file.path.slice(cut + 1) })
    for (let at = cut; at >= 0; at = at === 0 ? -1 : file.path.lastIndexOf('/', at - 1)) {
      folder(file.path.slice(0, at)).size += file.size
    }
    root.size += file.size
  }
  for (const f of known.values()) {
    f.folders.sort((a, b) => compare(a.name, b.name))
    f.files.sort((a, b) => compare(a.name, b.name))
  }
  return root
}

const pictures: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
}

/** The media type of a picture that a browser shows, by its name. */
export const pictureType = (path: string): string | undefined => pictures[path.split('.').at(-1)?.toLowerCase() ?? '']

/** Whether bytes are text: no zeros, and hardly anything that is not UTF-8. */
export function isText(bytes: Uint8Array): boolean {
  if (bytes.subarray(0, 8192).includes(0)) return false
  const text = new TextDecoder().decode(bytes.subarray(0, 8192))
  const odd = text.split('\uFFFD').length - 1
  return odd <= 1 || odd < text.length / 100
}
