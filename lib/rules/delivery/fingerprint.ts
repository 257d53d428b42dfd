/** The fingerprint of a label set as Alertmanager prints it: FNV-1a, 64 bits, of names and values with 0xff between them. */
import type { LabelSet } from "../../model/labels.ts";

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const SEPARATOR = 0xffn;
const MASK = 0xffffffffffffffffn;
const utf8 = new TextEncoder();

export function fingerprintOf(labels: LabelSet): string {
  let hash = OFFSET;
  const add = (byte: bigint) => {
    hash = ((hash ^ byte) * PRIME) & MASK;
  };
  for (const [name, value] of labels) {
    for (const byte of utf8.encode(name)) add(BigInt(byte));
    add(SEPARATOR);
    for (const byte of utf8.encode(value)) add(BigInt(byte));
    add(SEPARATOR);
  }
  return hash.toString(16).padStart(16, "0");
}
