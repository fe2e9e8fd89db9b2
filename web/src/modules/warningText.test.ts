import { expect, test } from 'vitest'
import { en } from '~/i18n/en/index.ts'
import type { Text } from '~/i18n/text.tsx'
import { warningText } from './warningText.ts'

const t: Text = (id) => en[id]

test.each([
  ['OtherLocation', 'location'],
  ['NoCapacity', 'properties.properties.vmSize'],
  ['SizeNotAvailableInFull', 'vmSize'],
  ['NotEnforced', 'customServices'],
  ['NotEnforced', 'dataMounts'],
  ['NotEnforced', 'schedules'],
  ['NotEnforced', 'setupScripts'],
  ['NotEnforced', 'subnet'],
  ['NotEnforced', 'virtualMachineImage'],
])('%s of %s is said in the language of the reader', (code, target) => {
  expect(warningText(t, { code, target })).toMatch(/[.;]/)
})

test.each([
  ['Other', 'schedules'],
  ['NotEnforced', 'novelty'],
  ['NotEnforced', null],
])('%s of %s is left to the words of the server', (code, target) => {
  expect(warningText(t, { code, target })).toBeUndefined()
})
