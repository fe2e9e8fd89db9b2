/** The form's values as YAML and back. What was pasted keeps its order and comments where the form changed nothing. */
import { isMap, LineCounter, parseDocument, stringify } from 'yaml'
import { type JobTree, type JobValues, same, treeOf, valuesOf } from './tree.ts'

export type Read = { tree: JobTree } | { line: number | undefined; message: string }

export function readYaml(source: string): Read {
  const counter = new LineCounter()
  const doc = parseDocument(source, { lineCounter: counter, prettyErrors: false })
  const [error] = doc.errors
  if (error) return { line: counter.linePos(error.pos[0]).line, message: error.message }
  if (!isMap(doc.contents)) return { line: undefined, message: '' }
  return { tree: doc.toJS() as JobTree }
}

const format = { lineWidth: 0, singleQuote: true } as const

export function writeYaml(values: JobValues, source: string): string {
  const wanted = treeOf(values)
  const read = source.trim() ? readYaml(source) : undefined
  if (!read || !('tree' in read)) return stringify(wanted, format)
  if (same(valuesOf(read.tree), values)) return source
  const doc = parseDocument(source)
  const had = treeOf(valuesOf(read.tree))
  for (const key of new Set([...Object.keys(had), ...Object.keys(wanted)])) {
    if (same(wanted[key], had[key])) continue
    if (wanted[key] === undefined) doc.delete(key)
    else doc.set(key, doc.createNode(wanted[key]))
  }
  return doc.toString(format)
}
