/** The library's randomness, which callers hand in, as they do the clock. */

/** Returns this many unpredictable bytes. The library has no other source of randomness. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;
