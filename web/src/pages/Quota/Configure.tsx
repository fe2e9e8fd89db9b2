import { Body1, Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keys } from '~/api/keys.ts'
import { updateQuotas } from '~/api/queries/compute.ts'
import { ActionButton } from '~/components/ActionButton.tsx'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { Form } from '~/components/Form.tsx'
import { useText } from '~/i18n/text.tsx'
import { useRefusedLine } from '~/modules/refusal.tsx'
import { command, workspaceFlags } from '~/modules/specs/shell.ts'
import { useToasts } from '~/modules/toast.tsx'
import { useQuotaDenied, useWorkspace } from '~/modules/workspace.tsx'
import { type Family, nameOfFamily, readLimit } from './holdings.ts'

const useStyles = makeStyles({
  list: { display: 'grid', gap: tokens.spacingVerticalM, maxWidth: '640px' },
  row: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: tokens.spacingHorizontalM },
  field: { flexGrow: 1, minWidth: '240px' },
  save: { marginTop: '26px', '@media (max-width: 479px)': { marginTop: 0 } },
})

/** Limits of the workspace, one family at a time. */
export function Configure({ families, location }: { families: Family[]; location: string }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const denied = useQuotaDenied()
  const flags = workspaceFlags({ ws })
  const only = families.length === 1 ? families[0] : undefined
  return (
    <>
      {denied && (
        <>
          <Body1>{t('quota.request')}</Body1>
          <CodeBlock
            code={command([`atelier quota set ${only?.name ?? 'FAMILY'} CORES`, `--location ${location}`, ...flags])}
            label={t('quota.request')}
            copyLabel={t('action.copyCli')}
          />
        </>
      )}
      <div className={styles.list}>
        {families.map((f) => (
          <Limit key={`${location}/${f.name}`} family={f} location={location} denied={denied} />
        ))}
      </div>
    </>
  )
}

function Limit({ family, location, denied }: { family: Family; location: string; denied: string | undefined }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const client = useQueryClient()
  const say = useToasts()
  const refusedLine = useRefusedLine()
  const name = nameOfFamily(t, family)
  const [text, setText] = useState<string>()
  const [refused, setRefused] = useState('')
  const now = family.limit < 0 ? '' : String(family.limit)
  const limit = text === undefined ? family.limit : readLimit(text)
  const save = useMutation({
    mutationFn: (n: number) =>
      updateQuotas(ws, location, [
        { id: family.quotaId, type: 'Microsoft.MachineLearningServices/workspaces/quotas', limit: n, unit: 'Count' },
      ]),
    onSuccess: ({ value }) => {
      const status = value[0]?.status ?? ''
      if (status !== 'Success') {
        setRefused(
          status === 'InvalidQuotaBelowClusterMinimum' ? t('quota.below') : t('quota.failed', { family: name, status }),
        )
        return
      }
      say.done(t('quota.saved', { family: name }))
      setText(undefined)
      void client.invalidateQueries({ queryKey: keys.usage() })
    },
    onError: (e) => setRefused(refusedLine(e)),
  })
  const submit = () => {
    if (limit !== undefined && !denied) save.mutate(limit)
  }
  const wrong = limit === undefined ? t('quota.bad') : refused
  return (
    <Form className={styles.row} onSubmit={submit}>
      <Field
        className={styles.field}
        label={t('quota.new', { family: name })}
        hint={t('quota.hint', { held: family.active + family.stopped + family.reserved })}
        validationState={wrong ? 'error' : 'none'}
        validationMessage={wrong || undefined}
      >
        <Input
          inputMode="numeric"
          value={text ?? now}
          readOnly={Boolean(denied)}
          onChange={(_, d) => {
            setRefused('')
            setText(d.value)
          }}
        />
      </Field>
      <ActionButton
        className={styles.save}
        type="submit"
        denied={denied}
        disabledFocusable={text === undefined || limit === undefined || save.isPending}
      >
        {t('action.save')}
      </ActionButton>
    </Form>
  )
}
