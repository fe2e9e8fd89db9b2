/** Names for jobs that were given none, as Azure's clients make them: two words and some letters. */
const adjectives = ['calm', 'bright', 'quiet', 'brave', 'gentle', 'swift', 'clever', 'warm', 'steady', 'lucky']
const nouns = ['river', 'garden', 'island', 'maple', 'harbor', 'meadow', 'falcon', 'lantern', 'willow', 'comet']
const letters = 'bcdfghjklmnpqrstvwxyz0123456789'

export function newName(random: (n: number) => Uint32Array): string {
  const [a = 0, b = 0, ...rest] = random(12)
  const tail = rest.map((n) => letters[n % letters.length]).join('')
  return `${adjectives[a % adjectives.length]}_${nouns[b % nouns.length]}_${tail}`
}
