/** The form and its YAML, which say the same all the time. */
import { useCallback, useMemo, useRef, useState } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useText } from '~/i18n/text.tsx'
import { useDraft, useKeepDraft } from '~/modules/draft.ts'
import { resolverOf } from '~/modules/formErrors.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { fieldProblems, type TreeProblem, treeProblems } from './check.ts'
import { blank, type JobTree, type JobValues, treeOf, valuesOf } from './tree.ts'
import { readYaml, writeYaml } from './yaml.ts'

/** From is what the form begins with, of the job that it is to be like. */
export function useJobDraft(from: JobTree | undefined, like: string | undefined, compute: string | undefined) {
  const t = useText()
  const ws = useWorkspace()
  const begin = useMemo(
    () => ({ ...(from ? valuesOf(from) : blank), ...(compute ? { compute } : {}) }),
    [from, compute],
  )
  const draftKey = `${ws.name}.job${like ? `.${like}` : ''}`
  const draft = useDraft<JobValues>(draftKey, begin)
  // A job for one compute is for that, whatever was left.
  const first = { ...draft.values, ...(compute ? { compute } : {}) }
  const form = useForm<JobValues>({
    defaultValues: first,
    resolver: resolverOf(t, fieldProblems),
    mode: 'onTouched',
  })
  useKeepDraft(draftKey, form, [])
  const values = { ...blank, ...useWatch({ control: form.control }) } as JobValues
  const [source, setSource] = useState('')
  // What is being typed, while it is no job yet.
  const [typed, setTyped] = useState<string>()
  const written = useMemo(() => writeYaml(values, source), [values, source])
  const shown = typed ?? written
  const read = useMemo(() => readYaml(shown), [shown])
  const tree = 'tree' in read ? read.tree : treeOf(values)
  const problems: TreeProblem[] = useMemo(() => ('tree' in read ? treeProblems(read.tree) : []), [read])
  const latest = useRef(form)
  latest.current = form
  const type = useCallback((text: string) => {
    const next = readYaml(text)
    if (!('tree' in next)) {
      setTyped(text)
      return
    }
    setTyped(undefined)
    setSource(text)
    latest.current.reset(valuesOf(next.tree), { keepDefaultValues: true })
  }, [])
  return {
    form,
    values,
    tree,
    yaml: shown,
    broken: 'tree' in read ? undefined : read,
    problems,
    type,
    draft: {
      restored: draft.restored,
      drop() {
        draft.drop()
        form.reset(begin)
        setSource('')
        setTyped(undefined)
      },
      key: draftKey,
    },
  }
}
