import type { Compute, Job } from '~/api/types.ts'
import { TextLink } from '~/components/TextLink.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { useWorkspace } from '~/modules/workspace.tsx'

export function ComputeLink({ compute: c }: { compute: Compute }) {
  const ws = useWorkspace()
  return (
    <TextLink
      to="/w/$ws/compute/$tab/$name/$view"
      params={{ ws: ws.name, tab: tabOf(c), name: c.name, view: 'overview' }}
    >
      {c.name}
    </TextLink>
  )
}

export function JobLink({ job: j }: { job: Job }) {
  const ws = useWorkspace()
  return (
    <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name: j.name, view: 'overview' }}>
      {j.properties.displayName || j.name}
    </TextLink>
  )
}
