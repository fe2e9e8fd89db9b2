import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allWords, TextProvider } from '~/i18n/text.tsx'
import { LogClient, nothing, useLogs } from './client.ts'
import { LogPane } from './LogPane.tsx'
import type { FromWorker, Row, State, ToWorker } from './protocol.ts'
import { rowHeight } from './useLogScroll.ts'

/** The worker of a log of a thousand lines, which answers when it is told to. */
class FakeWorker {
  static made: FakeWorker
  onmessage: (e: { data: FromWorker }) => void = () => {}
  #asked: Extract<ToWorker, { type: 'rows' }>[] = []
  constructor() {
    FakeWorker.made = this
  }
  terminate() {}
  postMessage(m: ToWorker) {
    if (m.type === 'rows') this.#asked.push(m)
  }
  say(data: FromWorker) {
    act(() => this.onmessage({ data }))
  }
  answer() {
    for (let m = this.#asked.shift(); m; m = this.#asked.shift()) {
      this.say({ type: 'rows', from: m.from, rows: Array.from({ length: m.count }, (_, i) => row(m.from + i)) })
    }
  }
}

const state: State = { ...nothing, phase: 'ended', lines: 1000, rows: 1000 }
const row = (n: number): Row => ({ line: n + 1, text: `text ${n + 1}`, cut: 0, level: 3, rank: 0, hit: false })

beforeEach(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  )
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null)
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('while rows above are still to come, those that are there stand in their own place', async () => {
  const worker = new FakeWorker()
  const client = new LogClient(worker as unknown as Worker)
  const chosen = vi.fn()
  render(
    <TextProvider language="en" setLanguage={() => {}}>
      <LogPane
        ref={null}
        client={client}
        state={state}
        search={undefined}
        wrap={false}
        times
        ranks={false}
        following={false}
        range={undefined}
        onFollow={() => {}}
        onSelect={chosen}
        onSeek={() => {}}
        onSearch={() => {}}
      />
    </TextProvider>,
  )
  await act(allWords)
  worker.say({ type: 'state', state })
  worker.answer()
  const pane = screen.getByRole('region')
  const scroller = pane.closest('[data-rows]') as HTMLElement
  const scroll = (to: number) => {
    scroller.scrollTop = to * rowHeight
    fireEvent.scroll(scroller)
  }
  const lines = () => [...pane.querySelectorAll('[data-line]')].map((el) => Number(el.getAttribute('data-line')))
  const shift = () => pane.querySelector<HTMLElement>('[style*=translate]')?.style.transform
  scroll(500)
  worker.answer()
  expect(lines()[0]).toBe(501)
  expect(shift()).toBe('translateY(0px)')

  // Rows from 440 on are there; the ten above are not.
  scroll(430)
  expect(lines()[0]).toBe(441)
  expect(shift()).toBe(`translateY(${10 * rowHeight}px)`)
  fireEvent.click(screen.getByText('441'))
  expect(chosen).toHaveBeenLastCalledWith({ from: 441, to: 441 })
  worker.answer()
  expect(lines()[0]).toBe(431)
  expect(shift()).toBe('translateY(0px)')
  fireEvent.keyDown(pane, { key: 'Enter' })
  expect(chosen).toHaveBeenLastCalledWith({ from: 441, to: 441 })
})

function Viewer({ drawn }: { drawn: () => void }) {
  useLogs([])
  drawn()
  return null
}

test('rows that come draw no more than the rows', () => {
  vi.stubGlobal('Worker', FakeWorker)
  const drawn = vi.fn()
  render(<Viewer drawn={drawn} />)
  drawn.mockClear()
  FakeWorker.made.say({ type: 'rows', from: 0, rows: [row(0)] })
  expect(drawn).not.toHaveBeenCalled()
  FakeWorker.made.say({ type: 'state', state })
  expect(drawn).toHaveBeenCalledOnce()
})
