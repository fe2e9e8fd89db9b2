import { describe, expect, it } from 'vitest'
import { type AppValues, type InstanceValues, instanceDefaults } from '~/modules/specs/instance.ts'
import { instanceProblems, instanceStepOf } from './instanceProblems.ts'

const good: InstanceValues = { ...instanceDefaults, location: 'fake', size: 'Standard_DS3_v2', name: 'ci-kim' }
const app: AppValues = {
  name: 'rstudio',
  image: 'rocker/rstudio',
  target: '8787',
  published: '8787',
  env: '',
  mounts: '',
}
const at = (time: string, days: string[]) => ({ action: 'Stop' as const, time, days, timeZone: 'UTC' })

describe('the rules of an instance', () => {
  it.each<[string, Partial<InstanceValues>, Record<string, string>]>([
    ['nothing', {}, {}],
    ['no name', { name: '' }, { name: 'name.rule.length' }],
    ['idle of 14 minutes', { idle: '14' }, { idle: 'newInstance.idle.bad' }],
    ['idle of 3 days', { idle: '3d' }, {}],
    ['idle of more', { idle: '4321' }, { idle: 'newInstance.idle.bad' }],
    ['idle of a minute and a half', { idle: '20m30s' }, { idle: 'newInstance.idle.bad' }],
    ['idle that is off', { idleOn: false, idle: 'x' }, {}],
    [
      'a schedule without days',
      { schedules: [at('18:00', [])] },
      { 'schedules.0.days': 'newInstance.schedule.days.missing' },
    ],
    ['a schedule at no time', { schedules: [at('', ['1'])] }, { 'schedules.0.time': 'newInstance.schedule.time.bad' }],
    ['nobody', { assign: true }, { user: 'newInstance.user.missing' }],
    ['somebody', { assign: true, user: 'object tenant' }, {}],
    ['SSH without a key', { ssh: true }, { adminKey: 'wizard.ssh.key.missing' }],
    ['a script without a path', { scriptOn: true }, { scriptPath: 'wizard.required' }],
    ['an application', { apps: [app] }, {}],
    [
      'two that are the same',
      { apps: [app, app] },
      { 'apps.1.name': 'newInstance.app.name.double', 'apps.1.published': 'newInstance.app.port.double' },
    ],
    ['a low port', { apps: [{ ...app, target: '80' }] }, { 'apps.0.target': 'newInstance.app.port.bad' }],
    ['variables', { apps: [{ ...app, env: 'A=1\nB= x = y' }] }, {}],
    ['no variable', { apps: [{ ...app, env: 'A=1\nB' }] }, { 'apps.0.env': 'newInstance.app.env.bad' }],
    ['no mount', { apps: [{ ...app, mounts: 'data:/data' }] }, { 'apps.0.mounts': 'newInstance.app.mounts.bad' }],
  ])('%s', (_, values, want) => {
    const found = instanceProblems({ ...good, ...values }, () => false)
    expect(Object.fromEntries(Object.entries(found).map(([path, said]) => [path, said.id]))).toEqual(want)
  })

  it('are of the step that has the field', () => {
    expect(instanceStepOf('schedules.0.time')).toBe('scheduling')
    expect(instanceStepOf('identity.ids')).toBe('security')
    expect(instanceStepOf('apps.1.name')).toBe('applications')
    expect(instanceStepOf('tags.0.key')).toBe('tags')
  })
})
