import { describe, expect, it } from 'vitest'
import { keyComment, keyKind } from './publicKey.ts'

const good = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGK1n9J3VOfUQfKDTTTzYvwKZ0iJf2l2LUTg+oEpmdzD kim@laptop'

describe('keyKind', () => {
  it.each([
    [good, 'public'],
    [`  ${good}\n`, 'public'],
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGK1n9J3VOfUQfKDTTTzYvwKZ0iJf2l2LUTg+oEpmdzD', 'public'],
    ['ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGK1n9J3VOfUQfKDTTTzYvwKZ0iJf2l2LUTg+oEpmdzD', 'other'],
    ['ssh-ed25519 not-base64!', 'other'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----', 'private'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'private'],
    ['PuTTY-User-Key-File-3: ssh-ed25519', 'private'],
    ['', 'other'],
    [`${good}\n${good}`, 'other'],
  ])('%#', (text, want) => expect(keyKind(text)).toBe(want))
})

it('finds the comment', () => expect(keyComment(`${good} work`)).toBe('kim@laptop work'))
