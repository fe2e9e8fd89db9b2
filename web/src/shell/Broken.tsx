import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { useNavigate } from '@tanstack/react-router'
import { signOut } from '~/api/queries/session.ts'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'

const useStyles = makeStyles({ root: { padding: tokens.spacingHorizontalXXL } })

/** What is shown where there is no page, or none that works. */
export function Broken({
  kind,
  error,
  reset,
}: {
  kind: 'notFound' | 'error' | 'noWorkspace'
  error?: unknown
  reset?: () => void
}) {
  const t = useText()
  const styles = useStyles()
  const navigate = useNavigate()
  const title =
    kind === 'notFound' ? t('broken.notFound') : kind === 'error' ? t('broken.error') : t('broken.noWorkspace')
  return (
    <main className={styles.root}>
      <PageHeader title={title} />
      {kind === 'error' && <Failure error={error} retry={reset} />}
      {kind === 'noWorkspace' && (
        <>
          <p>{t('broken.noWorkspace.help')}</p>
          <Button onClick={() => void signOut().then(() => location.assign('/signin'))}>{t('shell.signOut')}</Button>
        </>
      )}
      {kind === 'notFound' && <Button onClick={() => void navigate({ to: '/' })}>{t('broken.home')}</Button>}
    </main>
  )
}
