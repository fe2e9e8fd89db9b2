import { expect, test } from 'vitest'
import type { FromWorker, State } from './protocol.ts'
import { Session } from './session.ts'

/** A session that has read a log to its end. What it puts off is done when the test says so. */
async function opened(text: string) {
  const said: FromWorker[] = []
  const soon: (() => void)[] = []
  const answers = [text]
  const session = new Session({
    post: (m) => void said.push(m),
    soon: (f) => void soon.push(f),
    later: (f) => f(),
    fetch: async () => new Response(answers.shift() ?? ''),
    wait: async () => {},
    random: () => 0.5,
  })
  const state = () => said.findLast((m): m is Extract<FromWorker, { type: 'state' }> => m.type === 'state')?.state
  session.hear({ type: 'open', sources: [{ url: '/log?a=1', size: text.length, rank: 0 }] })
  await expect.poll(() => state()?.phase).toBe('ended')
  return {
    said,
    hear: session.hear.bind(session),
    state: () => state() as State,
    rest() {
      for (let f = soon.shift(); f; f = soon.shift()) f()
    },
  }
}

const search = (text: string) => ({ type: 'search', query: { text, regex: false, matchCase: false } }) as const

test('a search says at once that it looks, and its count when it has looked', async () => {
  const log = await opened('one\ntwo\none\n')
  log.hear(search('one'))
  expect(log.state().searching).toBe(true)
  log.rest()
  expect(log.state()).toMatchObject({ searching: false, hits: 2 })
  log.hear(search('two'))
  expect(log.state().searching).toBe(true)
  log.rest()
  expect(log.state()).toMatchObject({ searching: false, hits: 1 })
})

test('whoever goes to the next before the search has ended comes to the next of this search', async () => {
  const log = await opened('one\ntwo\none\n')
  log.hear(search('one'))
  log.rest()
  log.hear(search('two'))
  log.hear({ type: 'seek', id: 7, from: 0, back: false })
  expect(log.said.filter((m) => m.type === 'sought')).toEqual([])
  log.rest()
  expect(log.said.filter((m) => m.type === 'sought')).toEqual([{ type: 'sought', id: 7, row: 1, index: 0 }])
})

test('a search that is given up answers who waits for it', async () => {
  const log = await opened('one\ntwo\n')
  log.hear(search('one'))
  log.hear({ type: 'seek', id: 7, from: 0, back: false })
  log.hear({ type: 'search', query: null })
  log.rest()
  expect(log.said.filter((m) => m.type === 'sought')).toEqual([{ type: 'sought', id: 7, row: -1, index: -1 }])
  expect(log.state()).toMatchObject({ searching: false, hits: 0 })
})
