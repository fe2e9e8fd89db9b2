import { expect, it } from 'vitest'
import { ownPath } from './ownPath.ts'

it.each([
  ['/w/lab/compute/clusters?f=state:running#x', '/w/lab/compute/clusters?f=state:running#x'],
  ['/signing', '/signing'],
  [undefined, '/'],
  ['', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/signin?next=/signin', '/'],
])('%s', (next, want) => expect(ownPath(next)).toBe(want))
