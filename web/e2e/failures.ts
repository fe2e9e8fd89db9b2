import { stripVTControlCharacters } from 'node:util'
import type { FullResult, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter'

/** How many flows of a run may need a second try: more are no accident. */
const most = 2

/** Says once more, at the very end, what each flow failed with, though it passed then: of a long log often only the end is kept. */
export default class Failures implements Reporter {
  #failed: string[] = []
  #suite: Suite | undefined

  onBegin(_: unknown, suite: Suite): void {
    this.#suite = suite
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === test.expectedStatus) return
    const why = result.errors.flatMap((e) =>
      stripVTControlCharacters(e.message ?? '')
        .split('\n')
        .slice(0, 24),
    )
    const flow = test.titlePath().filter(Boolean).join(' › ')
    this.#failed.push([result.retry === 0 ? flow : `${flow}, again`, ...why].join('\n    '))
  }

  async onEnd(): Promise<{ status?: FullResult['status'] } | undefined> {
    for (const f of this.#failed) console.log(f)
    const again = this.#suite?.allTests().filter((t) => t.outcome() === 'flaky') ?? []
    if (again.length === 0) return
    console.log(`passed at the second try only: ${again.map((t) => t.title).join('; ')}`)
    if (again.length <= most) return
    console.log(`${again.length} flows needed a second try; more than ${most} are no accident, so that the run fails`)
    return { status: 'failed' }
  }

  printsToStdio(): boolean {
    return false // the list before it does
  }
}
