import { Button, type ButtonProps } from '@fluentui/react-components'
import { ColumnTripleRegular, FilterRegular } from '@fluentui/react-icons'
import { useText } from '~/i18n/text.tsx'

export function FieldButton(props: ButtonProps) {
  const t = useText()
  return (
    <Button {...(props as object)} appearance="subtle" icon={<FilterRegular />}>
      {t('compute.addFilter')}
    </Button>
  )
}

export function ColumnButton(props: ButtonProps) {
  const t = useText()
  return (
    <Button {...(props as object)} appearance="subtle" icon={<ColumnTripleRegular />}>
      {t('table.columns')}
    </Button>
  )
}
