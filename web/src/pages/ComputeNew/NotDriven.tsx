import { Banner } from '~/components/Notice.tsx'
import { useText } from '~/i18n/text.tsx'

/** Before anybody attaches something: what it is good for, and what not yet. */
export function NotDriven() {
  const t = useText()
  return (
    <Banner intent="warning" title={t('attach.notDriven')}>
      {t('attach.notDriven.text')}
    </Banner>
  )
}
