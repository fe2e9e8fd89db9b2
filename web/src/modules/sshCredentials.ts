/** How somebody signs in to a machine by SSH, as it is typed: it is sent once and kept nowhere in the browser. */
export type SshCredentials = {
  userName: string
  method: 'key' | 'password'
  privateKey: string
  passphrase: string
  password: string
}

export const noCredentials: SshCredentials = {
  userName: '',
  method: 'key',
  privateKey: '',
  passphrase: '',
  password: '',
}

export type CredentialProblem = 'userName' | 'privateKey' | 'publicKey' | 'notKey' | 'password'

/** What is missing or plainly not what it should be. */
export function credentialProblems(c: SshCredentials): CredentialProblem[] {
  const found: CredentialProblem[] = []
  if (!c.userName.trim()) found.push('userName')
  if (c.method === 'password') return c.password ? found : [...found, 'password']
  const key = c.privateKey.trim()
  if (!key) found.push('privateKey')
  else if (/^(ssh-|ecdsa-|sk-)/.test(key)) found.push('publicKey')
  else if (!/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(key)) found.push('notKey')
  return found
}

/** The body of a connection test. Trusted is the fingerprint of the host key that the user trusts. */
export function testBody(
  address: string,
  port: number,
  c: SshCredentials,
  trusted: string | undefined,
): Record<string, unknown> {
  const body: Record<string, unknown> = { address: address.trim(), port, userName: c.userName.trim() }
  if (c.method === 'password') body.password = c.password
  else {
    body.privateKey = keyText(c.privateKey)
    if (c.passphrase) body.passphrase = c.passphrase
  }
  if (trusted) body.hostKey = trusted
  return body
}

/** A pasted key often lacks the newline at its end, which readers of keys want. */
export const keyText = (key: string): string => `${key.trim().replaceAll('\r\n', '\n')}\n`
