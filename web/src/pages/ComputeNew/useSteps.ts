import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form'
import type { MessageId } from '~/i18n/catalogue.ts'
import { useText } from '~/i18n/text.tsx'
import type { FieldProblems } from '~/modules/formErrors.ts'
import type { WizardError } from '~/modules/WizardFrame.tsx'

type Options<S extends string, T extends FieldValues> = {
  form: UseFormReturn<T>
  steps: readonly S[]
  stepOf: (path: string) => S
  /** What fields are called, by path; a number in it is *. */
  labels: Record<string, MessageId>
  problems: () => FieldProblems
}

/** The steps of a wizard: which one the address names, what is wrong in those that were tried, and how to go on. */
export function useSteps<S extends string, T extends FieldValues>({
  form,
  steps,
  stepOf,
  labels,
  problems,
}: Options<S, T>) {
  const t = useText()
  const navigate = useNavigate()
  const { step: asked } = useSearch({ from: '/w/$ws/compute/new/$kind' })
  const step = steps.find((s) => s === asked) ?? (steps[0] as S)
  const [tried, setTried] = useState<readonly S[]>([])
  const [focus, setFocus] = useState<string>()
  const last = step === steps.at(-1)
  const go = (to: S) => void navigate({ to: '.', search: (was: object) => ({ ...was, step: to }) as never })

  // The field may be on a step that has to be shown first.
  useEffect(() => {
    if (!focus || stepOf(focus) !== step) return
    form.setFocus(focus as FieldPath<T>)
    setFocus(undefined)
  }, [focus, step, form, stepOf])

  const labelOf = (path: string) => {
    const n = /\d+/.exec(path)?.[0]
    const id = labels[path.replace(/\d+/, '*')]
    return id ? t(id, { n: Number(n ?? 0) + 1 }) : path
  }
  const found = problems()
  const errors: WizardError[] = Object.entries(found)
    .filter(([path]) => tried.includes(stepOf(path)))
    .map(([path, said]) => ({
      step: stepOf(path),
      message: `${labelOf(path)}: ${t(said.id, said.values)}`,
      go: () => {
        const to = stepOf(path)
        if (to !== step) go(to)
        setFocus(path)
      },
    }))

  /** Reports whether this step, or at the last all of them, has nothing wrong; if it has, goes to the first. */
  const right = async () => {
    const looked = last ? steps : [step]
    setTried((was) => [...new Set([...was, ...looked])])
    const wrong = Object.keys(problems()).filter((path) => looked.includes(stepOf(path)))
    await form.trigger(wrong as FieldPath<T>[])
    const first = wrong[0]
    if (!first) return true
    if (stepOf(first) !== step) go(stepOf(first))
    setFocus(first)
    return false
  }
  return { step, last, go, errors, right }
}
