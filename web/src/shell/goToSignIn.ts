import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useFreshness } from '~/api/live.ts'

/** A session that ended leads to the sign-in page, and from there back. */
export function useGoToSignIn(): void {
  const freshness = useFreshness()
  const router = useRouter()
  useEffect(() => {
    // Once: until the sign-in page is there, this one may hear it again.
    if (freshness.state !== 'signedOut' || router.latestLocation.pathname === '/signin') return
    void router.navigate({ to: '/signin', search: { next: router.latestLocation.href, over: true } })
  }, [freshness.state, router])
}
