/** What no page waits for is fetched when the first one is drawn with its data: before, it would only be in the way. */

let begin: () => void
const begun = new Promise<void>((done) => {
  begin = done
})

/** Fulfilled once the first page is there and the browser has nothing else to do. */
export const quiet = (): Promise<void> => begun

/** Says that the first page is there. */
export function firstPageShown(): void {
  if (typeof requestIdleCallback === 'undefined') setTimeout(begin, 200)
  else requestIdleCallback(begin, { timeout: 1000 })
}
