import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { memo } from 'react'
import { useFormat, useText } from '~/i18n/text.tsx'
import type { Range } from './address.ts'
import { type AnsiStyles, useAnsiStyles } from './ansiStyles.ts'
import { error } from './level.ts'
import { paint } from './paint.ts'
import type { Row } from './protocol.ts'
import { rowHeight } from './useLogScroll.ts'

const useStyles = makeStyles({
  row: {
    display: 'flex',
    minHeight: `${rowHeight}px`,
    minWidth: 'max-content',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  wrapped: { minWidth: 0 },
  hit: { backgroundColor: tokens.colorNeutralBackground3 },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  current: { boxShadow: `inset 3px 0 0 ${tokens.colorCompoundBrandStroke}` },
  number: {
    flexShrink: 0,
    position: 'sticky',
    left: 0,
    minWidth: '72px',
    paddingInline: tokens.spacingHorizontalS,
    textAlign: 'end',
    color: tokens.colorNeutralForeground3,
    backgroundColor: tokens.colorNeutralBackground2,
    borderRight: `2px solid transparent`,
    userSelect: 'none',
    cursor: 'pointer',
    fontVariantNumeric: 'tabular-nums',
  },
  grave: { borderRightColor: tokens.colorPaletteRedBorder2 },
  rank: {
    flexShrink: 0,
    minWidth: '40px',
    paddingInlineStart: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
    userSelect: 'none',
  },
  text: {
    flexGrow: 1,
    paddingInline: tokens.spacingHorizontalS,
    whiteSpace: 'pre',
    tabSize: 8,
    // What a line says about direction stays in the line.
    unicodeBidi: 'isolate',
  },
  textWrapped: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', minWidth: 0 },
  cut: { color: tokens.colorNeutralForeground2, fontStyle: 'italic', whiteSpace: 'pre' },
})

type Props = {
  rows: Row[]
  ranks: boolean
  wrap: boolean
  times: boolean
  search: RegExp | undefined
  range: Range | undefined
  current: number | undefined
}

/** The rows that are seen. What they look like is asked for once: all of them are drawn anew with each jump. */
export function LogRows({ rows, range, current, ...rest }: Props) {
  const styles = useStyles()
  const ansi = useAnsiStyles()
  return rows.map((row) => (
    <LogRow
      key={row.line}
      row={row}
      chosen={range !== undefined && row.line >= range.from && row.line <= range.to}
      current={row.line === current}
      styles={styles}
      ansi={ansi}
      {...rest}
    />
  ))
}

type RowProps = Omit<Props, 'rows' | 'range' | 'current'> & {
  row: Row
  chosen: boolean
  current: boolean
  styles: ReturnType<typeof useStyles>
  ansi: AnsiStyles
}

const LogRow = memo(function LogRow(props: RowProps) {
  const { row, wrap, styles, ansi } = props
  return (
    <div
      className={mergeClasses(
        styles.row,
        wrap && styles.wrapped,
        row.hit && styles.hit,
        props.chosen && styles.chosen,
        props.current && styles.current,
      )}
      data-line={row.line}
      data-hit={row.hit ? '' : undefined}
    >
      <span className={mergeClasses(styles.number, row.level >= error && styles.grave)}>{row.line}</span>
      {props.ranks && <span className={styles.rank}>r{row.rank}</span>}
      <span className={mergeClasses(styles.text, wrap && styles.textWrapped)} lang="" data-text>
        {paint(row.text, props.search, !props.times).map((p) => {
          const look = ansi(p.look)
          if (p.found) {
            return (
              <mark key={p.at} className={mergeClasses(look, ansi.found)}>
                {p.text}
              </mark>
            )
          }
          if (!look) return p.text
          return (
            <span key={p.at} className={look}>
              {p.text}
            </span>
          )
        })}
        {row.cut > 0 && <Cut bytes={row.cut} className={styles.cut} />}
      </span>
    </div>
  )
})

/** How much of a line is not shown. */
function Cut({ bytes, className }: { bytes: number; className: string }) {
  const t = useText()
  const format = useFormat()
  return <span className={className}>{t('log.cut', { n: format.bytes(bytes) })}</span>
}
