import { afterEach, describe, expect, it } from 'vitest'
import { dropDraft, readDraft, withoutSecretValues } from './draft.ts'

afterEach(() => sessionStorage.clear())

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
})
