import { Button } from '@fluentui/react-components'
import { ApiError } from '~/api/http.ts'
import { CopyButton } from '~/components/CopyButton.tsx'
import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'
import { Refusal } from './refusal.tsx'

/** What could not be loaded: the cause, what would help, an id to copy, and another try. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useText()
  const e = error instanceof ApiError ? error : undefined
  const again = retry && (
    <Button size="small" onClick={retry}>
      {t('action.retry')}
    </Button>
  )
  if (e?.status === 403) {
    const action = /'(Microsoft\.[^']+)'/.exec(e.message)?.[1] ?? e.code
    return (
      <Banner intent="warning" title={t('view.denied')} actions={again}>
        {t('view.denied.help', { action })}
      </Banner>
    )
  }
  return (
    <Banner
      intent="error"
      title={t('view.error')}
      actions={
        <>
          {again}
          {e?.requestId && (
            <CopyButton text={e.requestId} label={t('view.error.id', { id: e.requestId })}>
              {t('view.error.id', { id: e.requestId.slice(0, 8) })}
            </CopyButton>
          )}
        </>
      }
    >
      {e?.status === 0 ? t('view.unreachable') : <Refusal error={error} />}
    </Banner>
  )
}
