import { createFormControl } from 'react-hook-form'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dropDraft, keepDraft, readDraft, withoutSecretValues } from './draft.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  sessionStorage.clear()
})

describe('drafts', () => {
  it('hold no secret', () => {
    const values = {
      name: 'cpu',
      adminPassword: 'x',
      deep: { adminPassword: 'y', list: [{ adminPassword: 'z', a: 1 }] },
    }
    expect(withoutSecretValues(values, ['adminPassword'])).toEqual({ name: 'cpu', deep: { list: [{ a: 1 }] } })
  })

  it('are forgotten when they are dropped, and when they cannot be read', () => {
    sessionStorage.setItem('atelier.draft.k', '{"name":"cpu"}')
    expect(readDraft('k')).toEqual({ name: 'cpu' })
    dropDraft('k')
    expect(readDraft('k')).toBeUndefined()
    sessionStorage.setItem('atelier.draft.k', '{')
    expect(readDraft('k')).toBeUndefined()
  })

  it('are kept when somebody types, and once dropped not before they type again', () => {
    const form = createFormControl({ defaultValues: { name: '' } })
    const end = keepDraft('k', form, [])
    form.setValue('name', 'filled in by the page')
    vi.runAllTimers()
    expect(readDraft('k')).toBeUndefined()

    const type = (name: string) => {
      dispatchEvent(new Event('input'))
      form.setValue('name', name)
    }
    type('cpu')
    vi.runAllTimers()
    expect(readDraft('k')).toEqual({ name: 'cpu' })

    // What was typed a moment before it was sent does not come back either.
    type('cpu-2')
    dropDraft('k')
    form.reset({ name: '' })
    form.setValue('name', 'filled in again')
    vi.runAllTimers()
    expect(readDraft('k')).toBeUndefined()

    dropDraft('other')
    type('gpu')
    end()
    expect(readDraft('k')).toEqual({ name: 'gpu' })
  })

  it('that are dropped stay so when the form goes', () => {
    const form = createFormControl({ defaultValues: { name: '' } })
    const end = keepDraft('k', form, [])
    dispatchEvent(new Event('input'))
    form.setValue('name', 'cpu')
    dropDraft('k')
    end()
    expect(readDraft('k')).toBeUndefined()
  })
})
