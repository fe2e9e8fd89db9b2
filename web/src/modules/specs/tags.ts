export type TagValue = { key: string; value: string }

/** Tags of a form's rows; rows without a key are not there yet. */
export function tagsOf(rows: TagValue[]): Record<string, string> | undefined {
  const named = rows.filter((r) => r.key.trim() !== '')
  return named.length > 0 ? Object.fromEntries(named.map((r) => [r.key.trim(), r.value])) : undefined
}

export const tagValues = (tags: Record<string, string> | null | undefined): TagValue[] =>
  Object.entries(tags ?? {}).map(([key, value]) => ({ key, value }))

/** The row whose key another row has already, or -1. */
export const doubleTag = (rows: TagValue[]): number =>
  rows.findIndex((r, i) => r.key.trim() !== '' && rows.slice(0, i).some((o) => o.key.trim() === r.key.trim()))
