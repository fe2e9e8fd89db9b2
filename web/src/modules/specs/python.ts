/** Small pieces of Python, and what each must import. */

export type Python = {
  text: string
  /** Classes that it names, as "module.Class". */
  classes: string[]
  /** Other import lines. */
  needs: string[]
}

const entities = 'azure.ai.ml.entities'

export function literal(value: string | number | boolean | null): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

const indented = (text: string): string => text.replaceAll('\n', '\n    ')

/** A class with keyword arguments; those that are undefined are left out. */
export function call(name: string, args: Record<string, Python | undefined>, module = entities): Python {
  const given = Object.entries(args).filter((e): e is [string, Python] => e[1] !== undefined)
  const short = `${name}(${given.map(([k, v]) => `${k}=${v.text}`).join(', ')})`
  const text =
    short.length <= 72 && !short.includes('\n')
      ? short
      : `${name}(\n${given.map(([k, v]) => `    ${k}=${indented(v.text)},\n`).join('')})`
  return {
    text,
    classes: [`${module}.${name}`, ...given.flatMap(([, v]) => v.classes)],
    needs: given.flatMap(([, v]) => v.needs),
  }
}

export function list(items: Python[]): Python {
  const short = `[${items.map((i) => i.text).join(', ')}]`
  return {
    text:
      short.length <= 60 && !short.includes('\n')
        ? short
        : `[\n${items.map((i) => `    ${indented(i.text)},\n`).join('')}]`,
    classes: items.flatMap((i) => i.classes),
    needs: items.flatMap((i) => i.needs),
  }
}

/** A whole program: a comment, its imports in order, and lines. */
export function program(comment: string, first: string[], last: string[], uses: Python, lines: string[]): string {
  const modules = new Map<string, Set<string>>()
  for (const path of uses.classes) {
    const dot = path.lastIndexOf('.')
    const module = path.slice(0, dot)
    modules.set(module, (modules.get(module) ?? new Set()).add(path.slice(dot + 1)))
  }
  const imports = [...modules].sort().map(([module, names]) => `from ${module} import ${[...names].sort().join(', ')}`)
  const needs = [...new Set(uses.needs)].filter((n) => !first.includes(n))
  if (needs.length > 0) needs.push('')
  return [comment, ...needs, ...first, ...imports, ...last, '', ...lines, ''].join('\n')
}
