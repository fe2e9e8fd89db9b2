import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { keys } from '~/api/keys.ts'
import { profile, saveProfile } from '~/api/queries/session.ts'
import type { Profile } from '~/api/types.ts'
import type { Language } from '~/i18n/catalogue.ts'
import { useLanguage, useText } from '~/i18n/text.tsx'
import { useToasts } from '~/modules/toast.tsx'
import { type Theme, useTheme } from './theme.tsx'

export type Preferences = { language: Language; theme: Theme; shortcuts: boolean }

/** What the user prefers. It is kept with the user on the server, so that it is the same in every browser. */
export function usePreferences(): Preferences & { choose: (change: Partial<Preferences>) => void } {
  const client = useQueryClient()
  const { language, setLanguage } = useLanguage()
  const { theme, setTheme } = useTheme()
  const { data } = useQuery(profile())
  const t = useText()
  const say = useToasts()
  const [chosen, setChosen] = useState<boolean>() // shown until it is saved, whether or not the profile is there
  const last = () => client.isMutating({ mutationKey: keys.profile() }) === 1
  const save = useMutation({
    mutationKey: keys.profile(),
    mutationFn: saveProfile,
    scope: { id: 'profile' }, // one after the other, so that the last choice is what is kept
    onSuccess: (p) => last() && client.setQueryData(keys.profile(), p),
    onError: (e) => {
      say.refused(t('settings.notSaved'), e)
      if (last()) void client.invalidateQueries({ queryKey: keys.profile() })
    },
  })
  useEffect(() => {
    if (!data) return
    const asked = new URLSearchParams(location.search).has('lang')
    if (data.language && !asked) setLanguage(data.language)
    if (data.theme) setTheme(data.theme)
  }, [data, setLanguage, setTheme])
  return {
    language,
    theme,
    shortcuts: chosen ?? data?.shortcuts ?? true,
    choose(change) {
      if (change.language) setLanguage(change.language)
      if (change.theme) setTheme(change.theme)
      if (change.shortcuts !== undefined) setChosen(change.shortcuts)
      // An answer that is on its way does not know of this choice.
      void client.cancelQueries({ queryKey: keys.profile() })
      client.setQueryData<Profile>(keys.profile(), (p) => p && { ...p, ...change })
      save.mutate(change, { onSettled: () => setChosen(undefined) }) // called for the last choice only
    },
  }
}
