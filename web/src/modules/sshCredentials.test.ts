import { describe, expect, it } from 'vitest'
import { credentialProblems, noCredentials, testBody } from './sshCredentials.ts'

const pem = '-----BEGIN OPENSSH PRIVATE KEY-----\r\nabc\r\n-----END OPENSSH PRIVATE KEY-----'
const byKey = { ...noCredentials, userName: ' kim ', privateKey: pem, passphrase: 'p' }
const byPassword = { ...noCredentials, userName: 'kim', method: 'password' as const, password: 'w', privateKey: pem }

describe('credentials', () => {
  it('name what is missing', () => {
    expect(credentialProblems(noCredentials)).toEqual(['userName', 'privateKey'])
    expect(credentialProblems({ ...byPassword, password: '' })).toEqual(['password'])
    expect(credentialProblems(byKey)).toEqual([])
    expect(credentialProblems(byPassword)).toEqual([])
  })
  it('tell a public key from a private one', () => {
    expect(credentialProblems({ ...byKey, privateKey: 'ssh-ed25519 AAAA kim' })).toEqual(['publicKey'])
    expect(credentialProblems({ ...byKey, privateKey: 'abc' })).toEqual(['notKey'])
  })
  it('send only what the chosen way needs', () => {
    expect(testBody('h', 22, byKey, undefined)).toEqual({
      address: 'h',
      port: 22,
      userName: 'kim',
      privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n',
      passphrase: 'p',
    })
    expect(testBody(' h ', 2222, byPassword, 'SHA256:x')).toEqual({
      address: 'h',
      port: 2222,
      userName: 'kim',
      password: 'w',
      hostKey: 'SHA256:x',
    })
  })
})
