import { describe, expect, test } from 'vitest'
import {
  isEmpty,
  type SettingsValues,
  settingsCli,
  settingsPatch,
  settingsProblems,
  tagsOfLines,
} from './clusterSettings.ts'

const was: SettingsValues = {
  min: '0',
  max: '4',
  idle: '120',
  description: '',
  tags: 'team=vision\nold=1',
  identityKind: 'none',
  identityIds: '',
}

describe('what is wrong', () => {
  test.each<[Partial<SettingsValues>, Partial<Record<keyof SettingsValues, string>>]>([
    [{}, {}],
    [{ min: '5' }, { min: 'details.settings.bad.minMax' }],
    [{ min: '-1' }, { min: 'details.settings.bad.min' }],
    [
      { min: '', max: '' },
      { min: 'details.settings.bad.min', max: 'details.settings.bad.max' },
    ],
    [{ max: '0' }, { max: 'details.settings.bad.max' }],
    [{ max: '70000' }, { max: 'details.settings.bad.max' }],
    [{ min: '２', max: '３', idle: '２m' }, {}],
    [{ idle: 'soon' }, { idle: 'details.settings.bad.idle' }],
    [{ idle: '-5' }, { idle: 'details.settings.bad.idle' }],
    [{ tags: 'a=1\na=2' }, { tags: 'details.settings.bad.tags' }],
    [{ identityKind: 'user' }, { identityIds: 'details.settings.bad.noIds' }],
    [{ identityKind: 'user', identityIds: 'mine' }, { identityIds: 'details.settings.bad.id' }],
  ])('%j', (change, wanted) => {
    const found = settingsProblems({ ...was, ...change })
    expect(Object.fromEntries(Object.entries(found).map(([k, p]) => [k, p.id]))).toEqual(wanted)
  })
})

describe('what is sent', () => {
  test('nothing, when nothing is another', () => {
    expect(isEmpty(settingsPatch({ ...was, idle: '2m', tags: 'team = vision\n\nold=1' }, was))).toBe(true)
  })
  test('only what is another', () => {
    expect(settingsPatch({ ...was, max: '８', idle: '5m' }, was)).toEqual({
      properties: { properties: { scaleSettings: { maxNodeCount: 8, nodeIdleTimeBeforeScaleDown: 'PT5M' } } },
    })
  })
  test('all tags, because the server takes them as a whole', () => {
    expect(settingsPatch({ ...was, tags: 'team=audio' }, was)).toEqual({ tags: { team: 'audio' } })
  })
  test('an identity, and that there is to be none', () => {
    expect(settingsPatch({ ...was, identityKind: 'system' }, was)).toEqual({ identity: { type: 'SystemAssigned' } })
    expect(settingsPatch(was, { ...was, identityKind: 'system' })).toEqual({ identity: { type: 'None' } })
  })
})

test('the command line changes the same', () => {
  expect(settingsCli('gpu', { ...was, max: '8', idle: '1m', tags: 'team=a b', description: "Kim's" }, was)).toBe(
    "atelier compute update gpu --max 8 --idle 60s --description 'Kim'\\''s' --tag 'team=a b' --tag old=",
  )
})

test('tags without a value', () => {
  expect(tagsOfLines('a\n b = c=d \n=x')).toEqual({ a: '', b: 'c=d' })
})
