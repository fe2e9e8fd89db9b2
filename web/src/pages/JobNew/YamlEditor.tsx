import { Field, makeStyles, Textarea, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { useText } from '~/i18n/text.tsx'
import { command, workspaceFlags } from '~/modules/specs/shell.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import type { TreeProblem } from './check.ts'

const useStyles = makeStyles({
  area: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    minHeight: '420px',
    whiteSpace: 'pre',
  },
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXL },
})

type Props = {
  yaml: string
  broken: { line: number | undefined; message: string } | undefined
  problems: TreeProblem[]
  onChange: (text: string) => void
}

/** The job as a file that can be edited, and what is wrong with it. */
export function YamlEditor({ yaml, broken, problems, onChange }: Props) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  // The words of who types stay as they are while they type; the form's come when they have left.
  const [typing, setTyping] = useState<string>()
  const wrong = broken
    ? broken.message === ''
      ? t('jobnew.yaml.empty')
      : broken.line === undefined
        ? t('jobnew.yaml.broken', { why: broken.message })
        : t('jobnew.yaml.brokenAt', { line: broken.line, why: broken.message })
    : undefined
  return (
    <>
      <Field label={t('jobnew.yaml')} hint={t('jobnew.yaml.hint')} validationMessage={wrong}>
        <Textarea
          value={typing ?? yaml}
          onChange={(_, d) => {
            setTyping(d.value)
            onChange(d.value)
          }}
          onBlur={() => setTyping(undefined)}
          resize="vertical"
          spellCheck={false}
          textarea={{ className: styles.area, wrap: 'off' }}
        />
      </Field>
      <div role="status">
        {problems.length > 0 && (
          <ul className={styles.list} aria-label={t('jobnew.yaml.problems')}>
            {problems.map((p) => {
              const words = t(p.id, p.values)
              return <li key={words}>{words}</li>
            })}
          </ul>
        )}
      </div>
      {problems.some((p) => p.local) && (
        <CodeBlock
          code={command(['atelier job submit -f job.yml --stream', ...workspaceFlags({ ws })])}
          label={t('jobs.cli')}
          copyLabel={t('action.copyCli')}
        />
      )}
    </>
  )
}
