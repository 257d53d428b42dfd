/** `title`: the first letter of each word becomes a title case letter, the others stay. */
import { type ByteString, fromBytes, toBytes } from "../text/byte-string.ts";

const WORD = /[\p{L}\p{M}\p{N}_]+(?:['\u2019.:\u00b7][\p{L}\p{M}\p{N}_]+)*/gu;
const FIRST_LETTER = /\p{L}/u;
/** Letters of two, whose title case differs from the upper case. */
const DIGRAPHS: Readonly<Record<string, string>> = {
  Ǆ: "ǅ",
  ǆ: "ǅ",
  Ǉ: "ǈ",
  ǉ: "ǈ",
  Ǌ: "ǋ",
  ǌ: "ǋ",
  Ǳ: "ǲ",
  ǳ: "ǲ",
};

export function titleCase(text: ByteString): ByteString {
  const titled = fromBytes(text).replace(WORD, (word) => word.replace(FIRST_LETTER, titleLetter));
  return toBytes(titled);
}

function titleLetter(letter: string): string {
  const upper = letter.toUpperCase();
  return DIGRAPHS[letter] ?? (upper.length > 1 ? upper[0] + upper.slice(1).toLowerCase() : upper);
}
