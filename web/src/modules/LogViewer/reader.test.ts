import { describe, expect, test } from 'vitest'
import { follow, type ReaderHost } from './reader.ts'

type Answer = { chunks?: string[]; drop?: boolean; status?: number; message?: string } | 'unreachable'

/** Runs follow against answers one after another, and returns what happened. */
async function run(answers: Answer[], full: (bytes: number) => boolean = () => false) {
  const said: string[] = []
  let bytes = 0
  const left = [...answers]
  const host: ReaderHost = {
    async fetch(url) {
      said.push(`GET ${new URL(url, 'https://x').searchParams.get('offset')}`)
      const a = left.shift()
      if (a === undefined) throw new Error('asked once too often')
      if (a === 'unreachable') throw new TypeError('fetch failed')
      if (a.status) return new Response(JSON.stringify({ error: { message: a.message } }), { status: a.status })
      const chunks = (a.chunks ?? []).map((c) => new TextEncoder().encode(c))
      return new Response(
        new ReadableStream({
          pull(c) {
            const next = chunks.shift()
            if (next) c.enqueue(next)
            else if (a.drop) c.error(new TypeError('network error'))
            else c.close()
          },
        }),
      )
    },
    wait: async (ms) => void said.push(`wait ${ms}`),
    random: () => 0.5,
  }
  await follow(
    host,
    '/log?a=1',
    {
      bytes(c) {
        bytes += c.length
        said.push(new TextDecoder().decode(c))
      },
      end: () => void said.push('end'),
      dropped: () => void said.push('dropped'),
      open: () => {},
      failed: (m) => void said.push(`failed: ${m}`),
    },
    () => full(bytes),
    new AbortController().signal,
  )
  return said
}

describe('follow', () => {
  test('reads to the end, and makes sure that it is the end', async () => {
    expect(await run([{ chunks: ['ab', 'c'] }, {}])).toEqual(['GET 0', 'ab', 'c', 'GET 3', 'end'])
  })
  test('goes on where it was after a drop, later each time', async () => {
    expect(await run([{ chunks: ['ab'], drop: true }, 'unreachable', { status: 503 }, { chunks: ['c'] }, {}])).toEqual([
      'GET 0',
      'ab',
      'dropped',
      'wait 500',
      'GET 2',
      'dropped',
      'wait 1000',
      'GET 2',
      'dropped',
      'wait 2000',
      'GET 2',
      'c',
      'GET 3',
      'end',
    ])
  })
  test('a server that stops in the middle is not the end', async () => {
    expect(await run([{ chunks: ['ab'] }, 'unreachable', { chunks: ['c'] }, {}])).toContain('c')
  })
  test('an empty log ends, too', async () => {
    expect(await run([{}, {}])).toEqual(['GET 0', 'GET 0', 'end'])
  })
  test('says what the server refuses, and does not ask again', async () => {
    expect(await run([{ status: 404, message: 'no such log' }])).toEqual(['GET 0', 'failed: no such log'])
  })
  test('stops when it has enough', async () => {
    expect(await run([{ chunks: ['ab', 'cd', 'ef'] }], (n) => n >= 4)).toEqual(['GET 0', 'ab', 'cd', 'end'])
  })
})
