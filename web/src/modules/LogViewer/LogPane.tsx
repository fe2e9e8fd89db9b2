import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { type KeyboardEvent, type MouseEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { composing } from '~/components/composing.ts'
import { useText } from '~/i18n/text.tsx'
import type { Range } from './address.ts'
import { type LogClient, useRows } from './client.ts'
import { LogRows } from './LogRows.tsx'
import { Minimap } from './Minimap.tsx'
import type { State } from './protocol.ts'
import { rowHeight, useLogScroll } from './useLogScroll.ts'

const useStyles = makeStyles({
  frame: {
    display: 'flex',
    height: 'max(320px, calc(100vh - 400px))',
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: 'hidden',
    ':has(:focus-visible)': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  scroller: {
    flexGrow: 1,
    minWidth: 0,
    overflowY: 'scroll',
    overflowX: 'hidden',
    backgroundColor: tokens.colorNeutralBackground1,
  },
  window: {
    position: 'sticky',
    top: 0,
    overflowX: 'auto',
    overflowY: 'hidden',
    display: 'flex',
    flexDirection: 'column',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: '13px',
    lineHeight: `${rowHeight}px`,
    // The numbers of lines would hide it: the frame shows it.
    ':focus-visible': { outlineStyle: 'none' },
  },
  // Wrapped lines are higher than the scale thinks: at the end, the end is what must be seen.
  bottom: { justifyContent: 'flex-end' },
  rows: { flexShrink: 0, minWidth: 'max-content' },
  rowsWrapped: { minWidth: 0 },
  nothing: { padding: tokens.spacingHorizontalL, color: tokens.colorNeutralForeground2 },
})

export type PaneHandle = {
  /** The row that the eye is on. */
  row(): number
  show(row: number): void
  toEnd(): void
}

type Props = {
  ref: Ref<PaneHandle>
  client: LogClient | undefined
  state: State
  search: RegExp | undefined
  wrap: boolean
  times: boolean
  ranks: boolean
  following: boolean
  range: Range | undefined
  onFollow: (on: boolean) => void
  onSelect: (range: Range | undefined) => void
  onSeek: (back: boolean) => void
  onSearch: () => void
}

/** The lines themselves, and how one moves among them. */
export function LogPane(props: Props) {
  const t = useText()
  const styles = useStyles()
  const { client, state, range, following } = props
  const scroll = useLogScroll(state.rows, following, props.onFollow)
  const { from, rows } = useRows(client, scroll.first, scroll.fits)
  const [current, setCurrent] = useState<number>() // a row
  const anchor = useRef<number>(undefined) // the line that a selection began at
  const lineAt = (row: number) => rows[row - from]?.line

  const show = (row: number) => {
    props.onFollow(false)
    setCurrent(row)
    scroll.to(row, true)
  }
  useImperativeHandle(props.ref, () => ({
    row: () => current ?? scroll.first,
    show,
    toEnd: () => scroll.to(state.rows),
  }))

  // A link to lines goes there as soon as they are here; once.
  const linked = useRef(range)
  // biome-ignore lint/correctness/useExhaustiveDependencies: show is new each time, and does the same
  useEffect(() => {
    const to = linked.current
    if (!to || !client || (state.lines < to.from && state.phase !== 'ended') || state.rows === 0) return
    linked.current = undefined
    anchor.current = to.from
    void client.locate(to.from).then(show)
  }, [client, state.lines, state.rows, state.phase])

  const select = (line: number, further: boolean) => {
    const from = further ? (anchor.current ?? range?.from ?? line) : line
    anchor.current = from
    props.onSelect({ from: Math.min(from, line), to: Math.max(from, line) })
  }
  const move = (to: number, further: boolean) => {
    const row = Math.max(0, Math.min(to, state.rows - 1))
    if (row < (current ?? scroll.first)) props.onFollow(false)
    if (further) {
      const from = lineAt(current ?? scroll.first)
      if (anchor.current === undefined && from) anchor.current = from
    }
    setCurrent(row)
    scroll.reveal(row)
    if (further) {
      const line = lineAt(row) ?? row + 1
      select(line, true)
    }
  }
  const keys = (e: KeyboardEvent) => {
    if (composing(e) || e.ctrlKey || e.metaKey || e.altKey) return
    const at = current ?? scroll.first
    const page = Math.max(1, scroll.fits - 2)
    const moves: Record<string, number> = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      PageUp: at - page,
      PageDown: at + page,
      Home: 0,
      End: state.rows - 1,
    }
    const to = moves[e.key]
    if (to !== undefined) move(to, e.shiftKey)
    else if (e.key === '/' || e.code === 'Slash') props.onSearch()
    else if (e.code === 'KeyN') props.onSeek(e.shiftKey)
    else if (e.key === 'Enter' && lineAt(at)) select(lineAt(at) as number, e.shiftKey)
    else if (e.key === 'Escape' && range) props.onSelect(undefined)
    else return
    e.preventDefault()
    if (e.key === 'End') props.onFollow(state.phase !== 'ended')
  }
  const click = (e: MouseEvent) => {
    const line = (e.target as Element).closest('[data-line]')?.getAttribute('data-line')
    const number = (e.target as Element).closest('[data-line] > :first-child')
    if (!line || !number) return
    const n = Number(line)
    setCurrent(from + rows.findIndex((r) => r.line === n))
    select(n, e.shiftKey)
  }
  // Rows above may still be to come: their place stays empty.
  const shift = (from - scroll.first) * rowHeight - scroll.above
  const bottom = props.wrap && scroll.atEnd && state.rows > scroll.fits
  return (
    <div className={styles.frame}>
      <div ref={scroll.scroller} className={styles.scroller} data-rows={state.rows}>
        <div style={{ height: Math.max(scroll.height, scroll.seen) }}>
          <div
            className={mergeClasses(styles.window, bottom && styles.bottom)}
            style={{ height: scroll.seen }}
            tabIndex={0}
            role="region"
            aria-label={t('log.label')}
            aria-description={t('log.keys')}
            aria-busy={state.phase === 'loading'}
            onKeyDown={keys}
            onClick={click}
          >
            {state.rows === 0 && state.lines > 0 && <div className={styles.nothing}>{t('log.nothing')}</div>}
            <div
              className={mergeClasses(styles.rows, props.wrap && styles.rowsWrapped)}
              style={bottom ? undefined : { transform: `translateY(${shift}px)` }}
            >
              <LogRows
                rows={rows}
                ranks={props.ranks}
                wrap={props.wrap}
                times={props.times}
                search={props.search}
                range={range}
                current={current === undefined ? undefined : lineAt(current)}
              />
            </div>
          </div>
        </div>
      </div>
      <Minimap map={state.map} height={scroll.seen} onJump={(part) => show(Math.floor(part * state.rows))} />
    </div>
  )
}
