/** Where the library's randomness comes from: its caller, as its clock does. */

/** Returns this many bytes that nobody can predict. The library draws from no other source. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;
