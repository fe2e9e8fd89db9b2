import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { compute } from '~/api/queries/compute.ts'
import type { Compute } from '~/api/types.ts'
import { Banner, Loading } from '~/components/Notice.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

type Props<V> = {
  title: string
  /** Name of the compute that the new one is to be like. */
  from: string | undefined
  /** What the form begins with, of that compute; undefined if it is of another kind. */
  like: (c: Compute) => V | undefined
  otherwise: V
  children: (start: V, from: string | undefined) => ReactNode
}

/** Reads the compute that a new one is to be like before there is a form. */
export function LikeAnother<V>({ title, from, like, otherwise, children }: Props<V>) {
  const t = useText()
  const { data, error } = useQuery({ ...compute(useWorkspace(), from ?? ''), enabled: from !== undefined })
  if (from !== undefined && !data && !error) {
    return (
      <>
        <PageHeader title={title} />
        <Loading rows={8} />
      </>
    )
  }
  const start = data && like(data)
  return (
    <>
      {from !== undefined && !start && <Banner intent="warning">{t('wizard.from.missing', { name: from })}</Banner>}
      {children(start ?? otherwise, start && from)}
    </>
  )
}
