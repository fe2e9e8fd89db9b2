import { stripVTControlCharacters } from 'node:util'
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter'

/** Says once more, at the very end, what each flow failed with: of a long log often only the end is kept. */
export default class Failures implements Reporter {
  #failed: string[] = []

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === test.expectedStatus) return
    const why = result.errors.flatMap((e) =>
      stripVTControlCharacters(e.message ?? '')
        .split('\n')
        .slice(0, 24),
    )
    this.#failed.push([test.titlePath().filter(Boolean).join(' › '), ...why].join('\n    '))
  }

  onEnd(): void {
    for (const f of this.#failed) console.log(f)
  }

  printsToStdio(): boolean {
    return false // the list before it does
  }
}
