/** Keys of queries: the only place that spells them. A key covers all that begin with it. Names are compared in lower case. */

const low = (name: string): string => name.toLowerCase()

export const keys = {
  session: () => ['session'] as const,
  profile: () => ['profile'] as const,
  tokens: () => ['tokens'] as const,
  principals: () => ['principals'] as const,
  access: () => ['access'] as const,
  locations: () => ['locations'] as const,
  sizes: (location?: string, priority?: string) =>
    location ? (['usage', 'sizes', location, priority] as const) : (['usage', 'sizes'] as const),
  /** What sizes are and cost, which no event changes. */
  prices: (location: string) => ['prices', low(location)] as const,
  /** All that counts cores: quotas, usages, and what sizes are to be had. */
  usage: () => ['usage'] as const,
  usageOf: (location: string) => ['usage', 'quota', location] as const,
  computes: () => ['computes'] as const,
  /** Whether a name is free; any compute that comes or goes may change it. */
  nameCheck: (name: string) => ['computes', 'nameCheck', name] as const,
  /** What would become of a document; whatever changes the quotas may change it. */
  dryRuns: () => ['usage', 'dryRun'] as const,
  dryRun: (document: string) => ['usage', 'dryRun', document] as const,
  compute: (name: string) => ['compute', low(name)] as const,
  /** Nodes, series and whatever else hangs on one compute. */
  computeParts: (name: string) => ['computePart', low(name)] as const,
  nodes: (name: string) => ['computePart', low(name), 'nodes'] as const,
  series: (name: string, range: string) => ['computePart', low(name), 'series', range] as const,
  jobs: () => ['jobs'] as const,
  jobList: (filter: Record<string, string | number | undefined>) => ['jobs', 'list', filter] as const,
  /** What is said of computes and depends on jobs. */
  computesWithJobs: () => ['computePart'] as const,
  job: (name: string) => ['job', low(name)] as const,
  jobParts: (name: string) => ['jobPart', low(name)] as const,
  /** Why jobs wait, which other jobs change, too. */
  waiting: (name?: string) => (name ? (['waiting', low(name)] as const) : (['waiting'] as const)),
  jobLogs: (name: string) => ['jobPart', low(name), 'logs'] as const,
  jobOutputs: (name: string) => ['jobPart', low(name), 'outputs'] as const,
  /** Code, environments and data, and their versions. */
  assets: () => ['assets'] as const,
  asset: (kind: string, ...rest: string[]) => ['assets', kind, ...rest.map(low)] as const,
  /** The content of one file, which does not change. */
  file: (at: string, size: number) => ['file', at, size] as const,
  events: (filter?: Record<string, string | number | undefined>) =>
    filter ? (['events', filter] as const) : (['events'] as const),
}
