/**
 * Korean particles. Catalogues write both forms as Koreans do when they do not know the word, "{name}을(를)"; this
 * chooses by how the word before ends. Latin letters and digits are read as Koreans read them.
 */

const hangul = 0xac00
const finals = 28
const rieul = 8

/** Digits by how they are read: 영 일 이 삼 사 오 육 칠 팔 구. */
const digits: Record<string, number> = { 0: 21, 1: rieul, 2: 0, 3: 16, 4: 0, 5: 0, 6: 1, 7: rieul, 8: rieul, 9: 0 }
/** Letters whose names end in a consonant (엘 엠 엔 알), and endings of words that are read so. */
const letters: Record<string, number> = { l: rieul, m: 16, n: 4, r: rieul }

/** Which final consonant the word ends with: 0 is none, undefined is not known. */
export function finalOf(word: string): number | undefined {
  const last = [...word.replace(/[)\]}"'’”`»」]+$/u, '')].at(-1)
  if (last === undefined) return undefined
  const code = last.codePointAt(0) ?? 0
  if (code >= hangul && code <= 0xd7a3) return (code - hangul) % finals
  if (/[0-9]/.test(last)) return digits[last]
  if (/[a-z]/i.test(last)) return letters[last.toLowerCase()] ?? finalOfLatin(word)
  return undefined
}

/** Words in lower case are read as words: "job" is 잡, "test" is 테스트. Alone, a letter is its name. */
function finalOfLatin(word: string): number {
  const tail = /[a-z]+$/i.exec(word)?.[0].toLowerCase() ?? ''
  // A stop closes the syllable after a short vowel (챗, 잡, 북) and gets a vowel of its own after a long one (루트).
  if (tail.length > 1 && /((^|[^aeiou])[aeiou][bkpct]|ook)$/.test(tail)) return 1
  if (tail.length > 2 && /ng$/.test(tail)) return 21
  return 0
}

const pairs: [string, string, string][] = [
  ['을(를)', '을', '를'],
  ['이(가)', '이', '가'],
  ['은(는)', '은', '는'],
  ['과(와)', '과', '와'],
  ['(으)로', '으로', '로'],
  ['이(라)', '이라', '라'],
]
const pattern = /(을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로|이\(라\))/

/** Chooses the particles of a text. What cannot be known keeps both forms. */
export function josa(text: string): string {
  const parts = text.split(pattern)
  let out = parts[0] ?? ''
  for (let i = 1; i < parts.length; i += 2) {
    const both = parts[i] ?? ''
    out += choose(both, finalOf(out)) + (parts[i + 1] ?? '')
  }
  return out
}

function choose(both: string, final: number | undefined): string {
  const pair = pairs.find(([name]) => name === both)
  if (!pair || final === undefined) return both
  const closed = both === '(으)로' ? final !== 0 && final !== rieul : final !== 0
  return closed ? pair[1] : pair[2]
}
