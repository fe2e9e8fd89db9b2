import {
  Body1,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Skeleton,
  SkeletonItem,
  Subtitle1,
  tokens,
} from '@fluentui/react-components'
import { type ReactNode, useEffect, useState } from 'react'
import { useText } from '~/i18n/text.tsx'
import { CodeBlock } from './CodeBlock.tsx'

const useStyles = makeStyles({
  skeleton: {
    display: 'flex',
    flexDirection: 'column',
    rowGap: tokens.spacingVerticalM,
    paddingBlock: tokens.spacingVerticalM,
  },
  empty: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    textAlign: 'center',
    rowGap: tokens.spacingVerticalL,
    padding: `${tokens.spacingVerticalXXXL} ${tokens.spacingHorizontalM}`,
    maxWidth: '640px',
    marginInline: 'auto',
  },
  code: { maxWidth: '100%', textAlign: 'start' },
  bar: { marginBottom: tokens.spacingVerticalM },
  words: { minWidth: 0, overflowWrap: 'anywhere' },
})

/** The room of what is being loaded. It shows after a moment, so that what comes at once does not flicker. */
export function Loading({ rows = 5 }: { rows?: number }) {
  const t = useText()
  const styles = useStyles()
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div aria-busy="true" role="status" aria-label={t('view.loading')}>
      {shown && (
        <Skeleton className={styles.skeleton} aria-hidden="true">
          {Array.from({ length: rows }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
            <SkeletonItem key={i} size={32} />
          ))}
        </Skeleton>
      )}
    </div>
  )
}

/** Nothing is here: what it would be, the one thing to do, and how the command line does it. */
export function Empty(props: {
  title: string
  children?: ReactNode
  action?: ReactNode
  cli?: string
  cliLabel?: string
  copyLabel?: string
}) {
  const styles = useStyles()
  return (
    <div className={styles.empty}>
      <Subtitle1 as="h2">{props.title}</Subtitle1>
      {props.children && <Body1>{props.children}</Body1>}
      {props.action}
      {props.cli && (
        <div className={styles.code}>
          <CodeBlock
            code={props.cli}
            label={props.cliLabel ?? props.title}
            copyLabel={props.copyLabel ?? props.title}
          />
        </div>
      )}
    </div>
  )
}

/** Something to know before the rest. */
export function Banner(props: {
  intent: 'info' | 'warning' | 'error' | 'success'
  title?: string
  children: ReactNode
  actions?: ReactNode
}) {
  const styles = useStyles()
  return (
    <MessageBar intent={props.intent} layout="multiline" className={styles.bar}>
      <MessageBarBody className={styles.words}>
        {props.title && <MessageBarTitle>{props.title}</MessageBarTitle>}
        {props.children}
      </MessageBarBody>
      {props.actions && <MessageBarActions>{props.actions}</MessageBarActions>}
    </MessageBar>
  )
}
