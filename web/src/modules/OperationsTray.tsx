/** The bell: what the user set off, how far it is, and what became of it. */
export function OperationsTray() {
  return null
}
