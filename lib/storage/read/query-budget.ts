/** What one query holds in memory at once. */

/** How the bytes that a query may hold are shared out. */
export interface ByteShares {
  /** A group of series while it is read; two groups are held, one being answered and the next. */
  readonly groupBytes: number;
  /** A group that is the whole query: there is no other beside it. */
  readonly wholeBytes: number;
  /** Items that a later group needs again. */
  readonly keptBytes: number;
}

export function shareBytes(maxQueryBytes: number): ByteShares {
  const keptBytes = Math.floor(maxQueryBytes / 8);
  const wholeBytes = maxQueryBytes - keptBytes;
  return { keptBytes, wholeBytes, groupBytes: Math.floor(wholeBytes / 2) };
}

/** Counts bytes that are held, and the most that were. */
export class HeldBytes {
  current = 0;
  peak = 0;

  add(deltaBytes: number): void {
    this.current += deltaBytes;
    this.peak = Math.max(this.peak, this.current);
  }
}
