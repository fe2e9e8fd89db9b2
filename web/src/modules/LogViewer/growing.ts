/** Numbers in a typed array that grows. */
export class Ints {
  data: Uint32Array
  length = 0

  constructor(capacity = 1024) {
    this.data = new Uint32Array(capacity)
  }

  push(n: number): void {
    if (this.length === this.data.length) {
      const next = new Uint32Array(this.data.length * 2)
      next.set(this.data)
      this.data = next
    }
    this.data[this.length++] = n
  }

  at(i: number): number {
    return this.data[i] as number
  }

  /** Index of the first number that is n or more; length if there is none. The numbers must be sorted. */
  from(n: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at(middle) < n) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Grows an array of bytes so that it holds at least size; what it held stays. */
export function room(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (size <= bytes.length) return bytes
  const next = new Uint8Array(Math.max(size, Math.ceil(bytes.length * 1.5), 1 << 16))
  next.set(bytes)
  return next
}
