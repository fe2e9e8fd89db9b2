import { expect, test } from 'vitest'
import { requestedState } from './computeState.tsx'

test('what was asked shows until the server shows it, or what it leads to', () => {
  expect(requestedState('stop', 'Running')).toBe('Stopping')
  expect(requestedState('stop', 'Stopping')).toBeUndefined()
  expect(requestedState('stop', 'Stopped')).toBeUndefined()
  expect(requestedState('start', 'Stopped')).toBe('Starting')
  expect(requestedState('start', 'Running')).toBeUndefined()
  expect(requestedState('restart', 'Running')).toBe('Restarting')
  expect(requestedState('delete', 'Steady')).toBe('Deleting')
  expect(requestedState('update', 'Steady')).toBeUndefined()
  expect(requestedState(undefined, 'Steady')).toBeUndefined()
})
