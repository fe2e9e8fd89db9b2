import type { Compute, Problem } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import { type Text, useLanguage, useText } from '~/i18n/text.tsx'

const notDriven = 'ComputeTypeNotDriven'

/** What the server says is not as one would think, before all else. */
export function AttachedNotices({ compute }: { compute: Compute }) {
  const t = useText()
  const { language } = useLanguage()
  const { provisioningWarnings: warnings, provisioningErrors: errors } = compute.properties
  const say = (p: Problem) => words(t, language, p)
  return (
    <>
      {errors?.map(({ error }) => (
        <Banner key={error.code + error.message} intent="error" title={t('attached.error.title')}>
          <span lang="en">{error.message}</span>
        </Banner>
      ))}
      {Array.isArray(warnings) &&
        warnings.map((w) => (
          <Banner
            key={w.code + w.message}
            intent="warning"
            title={w.code === notDriven ? t('attached.warning.title') : t('attached.warning.other')}
          >
            {say(w)}
          </Banner>
        ))}
    </>
  )
}

/** In the server's words, which are English; in another language in its own where they are known. */
function words(t: Text, language: string, p: Problem) {
  if (p.code === notDriven && language !== 'en') return t('attached.notDriven')
  return <span lang="en">{p.message}</span>
}
