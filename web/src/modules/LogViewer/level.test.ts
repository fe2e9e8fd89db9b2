import { describe, expect, test } from 'vitest'
import { levelOf, levels, stampLength, stampOf } from './level.ts'

const told = (line: string) => {
  const b = new TextEncoder().encode(line)
  return levels[levelOf(b, 0, b.length) - 1] ?? ''
}

describe('the level of a line', () => {
  test.each([
    ['2026-11-29 22:17:52,123 INFO root: hello', 'info'],
    ['INFO:root:hello', 'info'],
    ['[2026-11-29 22:17:52] [ERROR] x', 'error'],
    ['\x1b[31mERROR\x1b[0m failed', 'error'],
    ['\x1b[1;33mWARNING\x1b[0m: low', 'warn'],
    ['[warn] low disk', 'warn'],
    ['error: no such file', 'error'],
    ['train.py:3: warning: unused', 'warn'],
    ['level=debug msg="x"', 'debug'],
    ['{"time":"x","level":"error","msg":"y"}', 'error'],
    ['{"severity": "warning"}', 'warn'],
    ['E1129 22:01:02.123456 1 x.cc:12] boom', 'error'],
    ['W1129 22:01:02 x', 'warn'],
    ['CRITICAL out of disk', 'error'],
    ['torch.cuda.OutOfMemoryError: CUDA out of memory', 'error'],
    ['KeyError', 'error'],
    ['TRACE enter', 'trace'],
    // Words, not levels.
    ['no errors found', ''],
    ['mean error 0.2, 3 warnings', ''],
    ['ERRORS_TOTAL 3', ''],
    ['information', ''],
    ['epoch 3 loss=0.2', ''],
    ['{"error": null}', ''],
    ['E1129x', ''],
    ['MyErrorHandler started', ''],
    ['', ''],
    [`${'x'.repeat(200)} ERROR`, ''],
    ['한글 ERROR 로그', 'error'],
  ])('%s', (line, level) => expect(told(line)).toBe(level))
})

describe('the time of a line', () => {
  test.each([
    ['2026-11-29T22:17:52.123Z step', Date.UTC(2026, 10, 29, 22, 17, 52, 123), 25],
    ['2026-11-29 22:17:52,5 step', Date.UTC(2026, 10, 29, 22, 17, 52, 500), 22],
    ['[2026-11-29T22:17:52+09:00] x', Date.UTC(2026, 10, 29, 13, 17, 52), 28],
    ['22:17:52 x', Date.UTC(1970, 0, 1, 22, 17, 52), 9],
    ['22:17:52x', undefined, 0],
    ['step 22:17:52', undefined, 0],
  ])('%s', (line, at, length) => {
    expect(stampOf(line)).toBe(at)
    expect(stampLength(line)).toBe(length)
  })
})
