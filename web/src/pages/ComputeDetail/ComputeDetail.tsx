import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import { isStatus } from '~/api/http.ts'
import { compute } from '~/api/queries/compute.ts'
import { type Compute, clusterOf, instanceOf } from '~/api/types.ts'
import { Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { tabOf } from '~/modules/computeKinds.ts'
import { Failure } from '~/modules/Failure.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { ClusterDetail } from './ClusterDetail.tsx'
import { DeletedBanner, NotFound } from './Gone.tsx'
import { InstanceDetail } from './InstanceDetail.tsx'

const AttachedDetail = lazy(() => import('./AttachedDetail.tsx').then((m) => ({ default: m.AttachedDetail })))

/** One compute: what it is, how it is, and what can be done with it. */
export function ComputeDetail() {
  const { tab, name, view } = useParams({ strict: false }) as { tab: string; name: string; view: string }
  const ws = useWorkspace()
  const { data, error, isPending, refetch } = useQuery(compute(ws, name))
  useRightTab(data, tab)
  const absent = isStatus(error, 404)
  if (!data) {
    if (absent) return <NotFound name={name} />
    return (
      <>
        <PageHeader title={name} />
        {isPending ? <Loading rows={8} /> : <Failure error={error} retry={() => void refetch()} />}
      </>
    )
  }
  return (
    <>
      {absent && <DeletedBanner name={data.name} />}
      {error && !absent && <Failure error={error} retry={() => void refetch()} />}
      <Kind compute={data} view={view} gone={absent} />
    </>
  )
}

function Kind({ compute: c, view, gone }: { compute: Compute; view: string; gone: boolean }) {
  const cluster = clusterOf(c)
  if (cluster) return <ClusterDetail compute={c} cluster={cluster} view={view} gone={gone} />
  const instance = instanceOf(c)
  if (instance) return <InstanceDetail compute={c} instance={instance} view={view} gone={gone} />
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <AttachedDetail compute={c} view={view} gone={gone} />
    </Suspense>
  )
}

/** Links that know only a name come with any tab; the address then becomes that of the compute's kind. */
function useRightTab(c: Compute | undefined, tab: string) {
  const navigate = useNavigate()
  const right = c ? tabOf(c) : tab
  useEffect(() => {
    if (right === tab) return
    void navigate({
      to: '.',
      params: (p: Record<string, string>) => ({ ...p, tab: right }),
      search: true,
      replace: true,
    } as never)
  }, [right, tab, navigate])
}
