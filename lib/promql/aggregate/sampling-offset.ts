/** The offset of a series in [0, 1] for `limit_ratio`: from Prometheus' hash of its labels. */

import type { LabelSet } from "../../model/labels.ts";
import { xxHash64 } from "./xxhash64.ts";

/** In [0, 1]. */
export function samplingOffset(labels: LabelSet): number {
  return Number(xxHash64(encodeLabels(labels))) / 2 ** 64;
}

/**
 * Each name and value after its length in bytes: one byte, or 255 and three little-endian bytes.
 */
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
