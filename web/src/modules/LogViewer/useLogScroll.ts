/** Where in a log the eye is. Browsers stop at some 30 million pixels, so a long log scrolls on a shorter scale. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

export const rowHeight = 20
/** No element is higher than this. */
export const mostHeight = 8_000_000

export type LogScroll = {
  scroller: RefObject<HTMLDivElement | null>
  /** Height of what is scrolled. */
  height: number
  /** Height of what is seen. */
  seen: number
  /** First row that is seen, and how many pixels of it are above the edge. */
  first: number
  above: number
  /** How many rows fit, also in part. */
  fits: number
  atEnd: boolean
  /** Goes to a row, which is then at the top, or in the middle. */
  to(row: number, middle?: boolean): void
  /** Goes no further than needed for a row to be seen. */
  reveal(row: number): void
}

/** Scale of the scroll bar: pixels of it for a pixel of the log. */
export function scaleOf(rows: number, seen: number): { height: number; scale: number; end: number } {
  const whole = rows * rowHeight
  const height = Math.min(whole, mostHeight)
  const end = Math.max(0, whole - seen)
  return { height, end, scale: end > 0 && height < whole ? (height - seen) / end : 1 }
}

export function useLogScroll(rows: number, following: boolean, onFollow: (on: boolean) => void): LogScroll {
  const scroller = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState(400)
  const [top, setTop] = useState(0)
  const { height, scale, end } = scaleOf(rows, seen)
  const now = useRef({ top, end, scale, following, onFollow })
  useLayoutEffect(() => {
    now.current = { ...now.current, end, scale, following, onFollow }
  })

  const go = useCallback((to: number, byUser: boolean) => {
    const s = now.current
    const next = Math.max(0, Math.min(to, s.end))
    if (byUser) {
      // Who looks back wants to stay there; who returns to the end wants to follow again.
      if (s.following && next < s.top) s.onFollow(false)
      else if (!s.following && next > s.top && next >= s.end - 1) s.onFollow(true)
    }
    s.top = next
    setTop(next)
    const el = scroller.current
    if (el && Math.abs(el.scrollTop - next * s.scale) >= 1) el.scrollTop = next * s.scale
  }, [])

  useEffect(() => {
    const el = scroller.current
    if (!el) return
    const measure = new ResizeObserver(() => setSeen(el.clientHeight || 400))
    measure.observe(el)
    const scroll = () => {
      const s = now.current
      // What go() did itself is known already.
      if (Math.abs(el.scrollTop - s.top * s.scale) >= 1) go(el.scrollTop / s.scale, true)
    }
    const wheel = (e: WheelEvent) => {
      if (e.ctrlKey || e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) return
      const s = now.current
      if (s.scale === 1) return // the browser does it, and better
      e.preventDefault()
      go(s.top + e.deltaY * (e.deltaMode === 1 ? rowHeight : e.deltaMode === 2 ? el.clientHeight : 1), true)
    }
    el.addEventListener('scroll', scroll, { passive: true })
    el.addEventListener('wheel', wheel, { passive: false })
    return () => {
      measure.disconnect()
      el.removeEventListener('scroll', scroll)
      el.removeEventListener('wheel', wheel)
    }
  }, [go])

  // More rows, fewer rows, another scale: the same place, or the end.
  // biome-ignore lint/correctness/useExhaustiveDependencies: that these change is the reason
  useLayoutEffect(() => {
    go(following ? now.current.end : now.current.top, false)
  }, [go, following, height, scale, end])

  const first = Math.floor(top / rowHeight)
  return {
    scroller,
    height,
    seen,
    first,
    above: top - first * rowHeight,
    fits: Math.ceil(seen / rowHeight) + 1,
    atEnd: top >= end - 1,
    to: (row, middle = false) => go(row * rowHeight - (middle ? (seen - rowHeight) / 2 : 0), true),
    reveal(row) {
      const at = row * rowHeight
      if (at < now.current.top) go(at, true)
      else if (at + rowHeight > now.current.top + seen) go(at + rowHeight - seen, true)
    },
  }
}
