/** Where `limit_ratio` places a series between 0 and 1: by the hash that Prometheus has of its labels. */

import type { LabelSet } from "../../model/labels.ts";
import { xxHash64 } from "./xxhash64.ts";

/** In [0, 1]. */
export function samplingOffset(labels: LabelSet): number {
  return Number(xxHash64(encodeLabels(labels))) / 2 ** 64;
}

/** Every name and value behind its length in bytes: one byte, or 255 and three, the lowest first. */
function encodeLabels(labels: LabelSet): Uint8Array {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const text of labels.flat()) {
    const encoded = encoder.encode(text);
    const { length } = encoded;
    if (length < 255) bytes.push(length);
    else bytes.push(255, length & 255, (length >> 8) & 255, (length >> 16) & 255);
    for (const byte of encoded) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
