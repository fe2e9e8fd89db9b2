import { Button, type ButtonProps } from '@fluentui/react-components'
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons'
import { useEffect, useState } from 'react'
import { useText } from '~/i18n/text.tsx'

/** Copies a text, and says so. Label is what a screen reader hears, for example "Copy the connection string of n-01". */
export function CopyButton({
  text,
  label,
  children,
  ...props
}: { text: string | (() => string); label: string } & Omit<ButtonProps, 'children'> & { children?: React.ReactNode }) {
  const t = useText()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
    setCopied(true)
  }
  return (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={copied ? <CheckmarkRegular /> : <CopyRegular />}
        aria-label={label}
        onClick={copy}
        {...(props as ButtonProps)}
      >
        {children}
      </Button>
      <span role="status" className="visually-hidden">
        {copied ? t('action.copied') : ''}
      </span>
    </>
  )
}
