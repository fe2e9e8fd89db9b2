/** Tells a public SSH key from what people paste instead. */
export type KeyKind = 'public' | 'private' | 'other'

const kinds =
  /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) +([A-Za-z0-9+/]+={0,2})( .*)?$/

export function keyKind(text: string): KeyKind {
  if (/BEGIN [A-Z ]*PRIVATE KEY|PuTTY-User-Key-File/.test(text)) return 'private'
  const found = kinds.exec(text.trim())
  if (!found?.[5]) return 'other'
  try {
    // The key repeats its kind: four bytes of length, then the name.
    const data = atob(found[5])
    const length = (data.charCodeAt(2) << 8) | data.charCodeAt(3)
    return data.slice(4, 4 + length) === found[1] ? 'public' : 'other'
  } catch {
    return 'other'
  }
}

/** The comment at a key's end, which is where its owner says which it is. */
export const keyComment = (text: string): string => text.trim().split(/\s+/).slice(2).join(' ')
