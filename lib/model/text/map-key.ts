/** Texts as keys of a `Map` or `Set`, however long they are. */
import { hash } from "node:crypto";

/**
 * The longest text that V8 hashes by its characters. Longer ones have their length as hash
 * (`String::kMaxHashCalcLength`), so each would be compared with all others of its length: 1,000 label sets of 32 KB
 * took 14 s.
 */
const MAX_HASHED_LENGTH = 16_383;

/** Stands before a digest. No text of valid UTF-16, and no key of labels, begins with it. */
const MARK = "\ud802";

/** The text itself, or a digest of it: different texts have different keys. */
export function mapKey(text: string): string {
  if (text.length <= MAX_HASHED_LENGTH) return text;
  // As UTF-16: UTF-8 would make all lone surrogates one.
  return MARK + hash("sha256", Buffer.from(text, "utf16le"), "base64");
}
