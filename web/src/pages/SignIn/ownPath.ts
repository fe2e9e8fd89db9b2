/** A path of this site; anything else would lead people elsewhere. */
export const ownPath = (next: string | undefined): string =>
  next && /^\/(?![/\\])/.test(next) && !/[\t\n\r]/.test(next) && !/^\/signin([/?#]|$)/.test(next) ? next : '/'
