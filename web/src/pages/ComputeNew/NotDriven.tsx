import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'

/** Before anybody attaches or makes something: what it is good for, and what not yet. */
export function NotDriven({ made = false }: { made?: boolean }) {
  const t = useText()
  return (
    <Banner intent="warning" title={t('attach.notDriven')}>
      {t(made ? 'infer.notDriven.text' : 'attach.notDriven.text')}
    </Banner>
  )
}
