import { makeStyles, Tab, TabList, tokens, Text as Words } from '@fluentui/react-components'
import { useId, useMemo, useState } from 'react'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { useText } from '~/i18n/text.tsx'
import { type Copies, type CopyForm, copies, copyForms } from './specs/copies.ts'
import type { ComputeDocument } from './specs/document.ts'
import { fillLine } from './specs/shell.ts'
import { useWorkspace } from './workspace.tsx'

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', rowGap: tokens.spacingVerticalXS, minWidth: 0 },
  heading: { margin: 0 },
  tabs: { flexWrap: 'wrap', marginInlineStart: '-8px' },
  panel: {
    minWidth: 0,
    '& pre': { maxHeight: '320px', overflowY: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  },
  note: { color: tokens.colorNeutralForeground2 },
})

/** What the form would post, as a command line, a request, code and a file. Secrets are left to the reader's variables. */
export function CopyAs({ document, first = 'cli' }: { document: ComputeDocument; first?: CopyForm }) {
  const ws = useWorkspace()
  const all = useMemo(() => copies({ origin: location.origin, ws }, document), [document, ws])
  return <CopyForms copies={all} first={first} />
}

/** The same in each form, one of which is shown. */
export function CopyForms({ copies: all, first = 'cli' }: { copies: Copies; first?: CopyForm }) {
  const t = useText()
  const styles = useStyles()
  const id = useId()
  const [form, setForm] = useState<CopyForm>(first)
  const name = t(`copy.${form}`)
  const variables = all.variables.map((v) => `$${v}`).join(', ')
  const fill = fillLine(all.variables)
  return (
    <section className={styles.root} aria-labelledby={`${id}-title`}>
      <Words as="h2" weight="semibold" id={`${id}-title`} className={styles.heading}>
        {t('copy.title')}
      </Words>
      <TabList
        size="small"
        className={styles.tabs}
        selectedValue={form}
        onTabSelect={(_, d) => setForm(d.value as CopyForm)}
      >
        {copyForms.map((f) => (
          <Tab key={f} value={f} id={`${id}-${f}`} aria-controls={`${id}-panel`}>
            {t(`copy.${f}`)}
          </Tab>
        ))}
      </TabList>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${form}`} className={styles.panel}>
        <CodeBlock code={all[form]} label={name} copyLabel={t('copy.button', { form: name })} />
      </div>
      {all.variables.length > 0 && (
        <Words size={200} className={styles.note}>
          {form === 'yaml'
            ? `${t('copy.secrets.file', { variables })} ${fill ? t('copy.secrets.fill', { command: fill }) : ''}`
            : t('copy.secrets', { variables })}
        </Words>
      )}
      {form === 'rest' && (
        <Words size={200} className={styles.note}>
          {t('copy.rest.help')}
        </Words>
      )}
    </section>
  )
}
