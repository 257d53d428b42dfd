/**
 * A request with more than `MAX_PARAMETERS` is refused by its route. What comes after them is left out before: copies of a
 * megabyte, and the garbage they make, kept all other requests waiting for up to 60 ms.
 */
import { MAX_PARAMETERS } from "../lib/http/parameter-count.ts";

const AMPERSAND = 0x26;

/** A URL or its query string. */
export function cutText(text: string): string {
  let at = -1;
  for (let count = 0; count <= MAX_PARAMETERS; count++) {
    at = text.indexOf("&", at + 1);
    if (at < 0) return text;
  }
  return text.slice(0, at);
}

/** A form. */
export function cutBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = -1;
  for (let count = 0; count <= MAX_PARAMETERS; count++) {
    at = bytes.indexOf(AMPERSAND, at + 1);
    if (at < 0) return bytes;
  }
  return bytes.slice(0, at);
}
