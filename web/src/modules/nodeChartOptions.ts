/** How the chart of node states looks. */
import { tokens } from '@fluentui/react-components'
import uPlot from 'uplot'
import type { Series } from '~/api/types.ts'
import { type NodeState, stack, stacked } from './nodeSeries.ts'

export const swatches = { width: 18, height: 12 }

const colours: Record<NodeState, string> = {
  running: tokens.colorPaletteGreenForeground1,
  idle: tokens.colorNeutralForeground3,
  preparing: tokens.colorBrandForeground1,
  leaving: tokens.colorPaletteDarkOrangeForeground1,
  unusable: tokens.colorPaletteRedForeground1,
  preempted: tokens.colorPalettePurpleForeground2,
}

/** What a token is where the element stands: a canvas knows no variables. */
const resolve = (element: Element, token: string): string =>
  getComputedStyle(element).getPropertyValue(token.slice(4, -1)).trim()

export const colourOf = (element: Element, state: NodeState): string => resolve(element, colours[state])

const tile = 8

/** Lines of each state's pattern, in a tile of 8 by 8; the states differ without colours too. */
const patterns: Record<NodeState, (c: CanvasRenderingContext2D) => void> = {
  running: (c) => c.fillRect(0, 0, tile, tile),
  idle: (c) => c.fillRect(3, 3, 2, 2),
  preparing: (c) => strokes(c, [0, 8, 8, 0], [-2, 2, 2, -2], [6, 10, 10, 6]),
  leaving: (c) => strokes(c, [0, 0, 8, 8], [-2, 6, 2, 10], [6, -2, 10, 2]),
  unusable: (c) => strokes(c, [0, 0, 8, 8], [0, 8, 8, 0]),
  preempted: (c) => strokes(c, [0, 2, 8, 2], [0, 6, 8, 6]),
}

function strokes(c: CanvasRenderingContext2D, ...lines: [number, number, number, number][]): void {
  c.beginPath()
  for (const [x1, y1, x2, y2] of lines) {
    c.moveTo(x1, y1)
    c.lineTo(x2, y2)
  }
  c.stroke()
}

/** The fill of a state: its pattern in its colour, on a thin wash of the same. */
export function paint(context: CanvasRenderingContext2D, state: NodeState, colour: string): CanvasPattern | string {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = tile
  const c = canvas.getContext('2d')
  if (!c) return colour
  c.fillStyle = c.strokeStyle = colour
  c.lineWidth = 1.5
  c.globalAlpha = 0.18
  c.fillRect(0, 0, tile, tile)
  c.globalAlpha = state === 'running' ? 0.75 : 1
  patterns[state](c)
  return context.createPattern(canvas, 'repeat') ?? colour
}

/** Columns of the plot: time, the upper edge of each state from the highest down, the target. */
export const plotted = (s: Series): uPlot.AlignedData => [s.at.map((at) => at / 1000), ...stack(s).reverse(), s.target]

export function chartOptions(props: {
  element: HTMLElement
  height: number
  label: (at: number, span: number) => string
  onCursor: (time: number | undefined) => void
}): uPlot.Options {
  const { element } = props
  const ink = resolve(element, tokens.colorNeutralForeground2)
  const grid = { stroke: resolve(element, tokens.colorNeutralStroke3), width: 1 }
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  const fill = (state: NodeState) => (u: uPlot) => paint(u.ctx, state, colourOf(element, state))
  const topDown = [...stacked].reverse()
  const axis = { stroke: ink, grid, ticks: grid, font: `12px ${resolve(element, tokens.fontFamilyBase)}` }
  return {
    width: element.clientWidth,
    height: props.height,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_, min, max) => [min, max] },
      y: { range: (_, __, max) => [0, Math.max(1, Math.ceil(max * 1.1))] },
    },
    axes: [
      {
        ...axis,
        space: 80,
        values: (u, splits) =>
          splits.map((s) => props.label(s * 1000, (u.scales.x?.max ?? 0) - (u.scales.x?.min ?? 0))),
      },
      { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] },
    ],
    series: [
      {},
      ...topDown.map((state, i) => ({
        paths: stepped,
        width: 0,
        points: { show: false },
        // What is above another state is filled down to that; the lowest down to nothing.
        ...(i === topDown.length - 1 ? { fill: fill(state) } : {}),
      })),
      {
        paths: stepped,
        stroke: resolve(element, tokens.colorNeutralForeground1),
        width: 2,
        dash: [6, 4],
        points: { show: false },
      },
    ] as uPlot.Series[],
    bands: topDown.slice(0, -1).map((state, i) => ({ series: [i + 1, i + 2], fill: fill(state) })) as uPlot.Band[],
    hooks: {
      setCursor: [
        (u) => {
          const { left } = u.cursor
          props.onCursor(left === undefined || left < 0 ? undefined : u.posToVal(left, 'x') * 1000)
        },
      ],
    },
  }
}
