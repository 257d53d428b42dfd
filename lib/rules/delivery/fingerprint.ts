/** The fingerprint of a label set as Alertmanager prints it: FNV-1a, 64 bits, of names and values with 0xff between them. */
import type { LabelSet } from "../../model/labels.ts";

/** As two halves of 32 bits: BigInts take four times as long, and labels may have 64 KiB. */
const [OFFSET_HIGH, OFFSET_LOW] = [0xcbf29ce4, 0x84222325];
/** The prime is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;
const PRIME_SHIFT = 8;
const TWO_32 = 2 ** 32;
const SEPARATOR = 0xff;
const utf8 = new TextEncoder();

export function fingerprintOf(labels: LabelSet): string {
  let [high, low] = [OFFSET_HIGH, OFFSET_LOW];
  const add = (byte: number) => {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * PRIME_LOW;
    high = (high * PRIME_LOW + (mixed << PRIME_SHIFT) + Math.floor(product / TWO_32)) >>> 0;
    low = product >>> 0;
  };
  for (const [name, value] of labels) {
    for (const byte of utf8.encode(name)) add(byte);
    add(SEPARATOR);
    for (const byte of utf8.encode(value)) add(byte);
    add(SEPARATOR);
  }
  return hex(high) + hex(low);
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}
