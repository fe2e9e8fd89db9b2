/** What a list shows, as its address says: text, filters, order, columns. */
import type { Sort } from './DataTable.tsx'

export type TableSearch = {
  q?: string
  /** "state:Running", any number of them. */
  f?: string[]
  /** "name", or "-created" for the other way round. */
  sort?: string
  /** The columns that are shown, if not the usual ones. */
  cols?: string[]
  mine?: boolean
  /** How far back deleted ones are shown too: "7d". */
  deleted?: string
  /** What a panel shows beside the page. */
  panel?: string
}

const many = (v: unknown): string[] | undefined => {
  const all = (Array.isArray(v) ? v : v === undefined ? [] : [v]).map(String).filter(Boolean)
  return all.length > 0 ? all : undefined
}
export const text = (v: unknown): string | undefined => (v === undefined || v === '' ? undefined : String(v))

/** Reads what an address says; what it does not know it leaves out. */
export function tableSearch(search: Record<string, unknown>): TableSearch {
  return {
    q: text(search.q),
    f: many(search.f),
    sort: text(search.sort),
    cols: many(search.cols),
    mine: search.mine === '1' || search.mine === true ? true : undefined,
    deleted: text(search.deleted),
    panel: text(search.panel),
  }
}

export function readSort(sort: string | undefined, otherwise: Sort): Sort {
  if (!sort) return otherwise
  return sort.startsWith('-') ? { id: sort.slice(1), descending: true } : { id: sort, descending: false }
}

export const writeSort = (sort: Sort): string => (sort.descending ? `-${sort.id}` : sort.id)

/** The filters by field: of one field any may fit, of several all must. */
export function byField(filters: string[] | undefined): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  for (const filter of filters ?? []) {
    const at = filter.indexOf(':')
    if (at < 1) continue
    const field = filter.slice(0, at)
    fields.set(field, [...(fields.get(field) ?? []), filter.slice(at + 1)])
  }
  return fields
}

/** Addresses as people write them: a=1&b=x&b=y, without quotes and brackets. */
export function parseSearch(searchText: string): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(searchText)) {
    const was = found[name]
    found[name] = was === undefined ? value : Array.isArray(was) ? [...was, value] : [was, value]
  }
  return found
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || one === null || one === '' || one === false) continue
      params.append(name, one === true ? '1' : String(one))
    }
  }
  const all = params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',')
  return all ? `?${all}` : ''
}
