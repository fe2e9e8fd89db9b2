import { makeStyles, tokens } from '@fluentui/react-components'
import { type MouseEvent, useEffect, useRef } from 'react'
import type { State } from './protocol.ts'

const width = 14

const useStyles = makeStyles({
  root: {
    flexShrink: 0,
    width: `${width}px`,
    cursor: 'pointer',
    backgroundColor: tokens.colorNeutralBackground3,
    // The canvas draws with these.
    color: tokens.colorPaletteRedBorderActive,
    outlineColor: tokens.colorPaletteMarigoldBorderActive,
    borderLeft: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
})

/** Where in the log errors are (left) and what was found (right). It repeats what the counts and keys beside it tell. */
export function Minimap({
  map,
  height,
  onJump,
}: {
  map: State['map']
  height: number
  onJump: (part: number) => void
}) {
  const styles = useStyles()
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const el = canvas.current
    const context = el?.getContext('2d')
    if (!el || !context) return
    const { color, outlineColor } = getComputedStyle(el)
    context.clearRect(0, 0, width, height)
    const parts = map.errors.length
    const draw = (counts: number[], x: number, fill: string) => {
      context.fillStyle = fill
      for (let i = 0; i < parts; i++) {
        if (counts[i]) context.fillRect(x, Math.floor((i * height) / parts), width / 2 - 1, Math.max(2, height / parts))
      }
    }
    draw(map.errors, 0, color)
    draw(map.hits, width / 2, outlineColor)
  }, [map, height])
  const jump = (e: MouseEvent<HTMLCanvasElement>) => {
    const box = e.currentTarget.getBoundingClientRect()
    onJump((e.clientY - box.top) / box.height)
  }
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it cannot be focused; the keys of the log do the same
    <canvas
      ref={canvas}
      aria-hidden="true"
      className={styles.root}
      width={width}
      height={height}
      style={{ height }}
      onClick={jump}
    />
  )
}
