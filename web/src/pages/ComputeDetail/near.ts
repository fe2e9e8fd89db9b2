const most = 5

/** Steps of one letter from one name to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Names that somebody who wrote the name may have meant, the likeliest first. */
export function nearNames(name: string, names: string[]): string[] {
  const low = name.toLowerCase()
  return names
    .map((n) => {
      const other = n.toLowerCase()
      const within = low.length > 2 && (other.includes(low) || low.includes(other))
      return { n, far: within ? 1 : distance(low, other) }
    })
    .filter(({ far }) => far <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.far - b.far || a.n.localeCompare(b.n))
    .slice(0, most)
    .map(({ n }) => n)
}
