import { describe, expect, test } from 'vitest'
import type { AtelierEvent } from '~/api/types.ts'
import { en } from '~/i18n/en/index.ts'
import type { Text } from '~/i18n/text.tsx'
import { eventLines, isSystem, partOf, shapeOf } from './eventText.ts'

const t: Text = (id, values) =>
  Object.entries(values ?? {}).reduce((text, [k, v]) => text.replace(`{${k}}`, String(v)), en[id] as string)
const lines = (...events: Partial<AtelierEvent>[]) =>
  eventLines(
    events.map((e, i) => ({
      seq: i + 1,
      at: '2026-11-29T10:00:00Z',
      actor: 'compute',
      verb: 'updated',
      target: 'workspaces/s~g~w/computes/gpu',
      uid: 'u',
      rev: i,
      ...e,
    })),
    t,
    (id) => id in en,
  )

describe('what an event says', () => {
  test('a reason has words of its own', () => {
    expect(lines({ reason: 'NodeReady' })[0]?.words).toBe('Node ready')
  })
  test('a reason without words is shown as it is', () => {
    expect(lines({ reason: 'SomethingNew' })[0]?.words).toBe('SomethingNew')
  })
  test('creation and deletion are said of the kind', () => {
    const node = 'workspaces/s~g~w/computes/gpu/nodes/n-1'
    expect(lines({ verb: 'created', target: node })[0]?.words).toBe('Node asked for')
    expect(lines({ verb: 'deleted', target: 'workspaces/s~g~w/data/d' })[0]?.words).toBe('Deleted')
  })
  test('a target that moves is said with where it was, and the counts that moved', () => {
    const said = lines({ detail: '[0,0,0]' }, { detail: '[3,3,0,0,3]' })
    expect(said[1]?.words).toBe('Target 0 → 3 · Preparing 3')
  })
  test('a state is said when it is another, and bookkeeping otherwise', () => {
    const said = lines({ state: 'Creating' }, { state: 'Succeeded' }, { state: 'Succeeded' })
    expect(said.map((l) => [l.words, l.routine])).toEqual([
      ['State: Creating', false],
      ['State: Succeeded', false],
      ['Updated', true],
    ])
  })
})

test('what an event is about', () => {
  expect(partOf('workspaces/s~g~w/computes/gpu/nodes/n-1')).toMatchObject({
    kind: 'nodes',
    name: 'n-1',
    compute: 'gpu',
  })
  expect(partOf('workspaces/s~g~w/jobs/j/tasks/1-0')).toMatchObject({
    kind: 'tasks',
    job: 'j',
    path: 'jobs/j/tasks/1-0',
  })
  expect(partOf('workspaces/s~g~w')).toMatchObject({ kind: 'workspaces', name: 'w' })
})

test('counts without their zeros at the end', () => {
  expect(shapeOf({ detail: '[2,1]' } as AtelierEvent)).toEqual([2, 1, 0, 0, 0, 0, 0, 0])
  expect(shapeOf({ detail: 'nonsense' } as AtelierEvent)).toBeUndefined()
})

test('packages decide as Atelier', () => {
  expect(isSystem('fleet')).toBe(true)
  expect(isSystem('kim')).toBe(false)
})
