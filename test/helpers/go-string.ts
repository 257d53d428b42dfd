/** String literals of Go. https://go.dev/ref/spec#String_literals */

/** The source of a pattern that matches an interpreted literal; group 1 is what stands between its quotes. */
export const GO_STRING = String.raw`"((?:[^"\\\n]|\\.)*)"`;

const ESCAPE = /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g;
const LETTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/** The bytes of an interpreted literal, from what stands between its quotes. */
export function goBytes(inner: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const match of inner.matchAll(ESCAPE)) {
    const [all, octal, hex, short, long, letter] = match;
    parts.push(Buffer.from(inner.slice(end, match.index)));
    if (octal !== undefined) parts.push(Uint8Array.of(Number.parseInt(octal, 8)));
    else if (hex !== undefined) parts.push(Uint8Array.of(Number.parseInt(hex, 16)));
    else if (letter !== undefined) parts.push(Buffer.from(letterOf(letter)));
    else parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(short ?? long, 16))));
    end = match.index + all.length;
  }
  parts.push(Buffer.from(inner.slice(end)));
  return Uint8Array.from(Buffer.concat(parts));
}

export function goText(inner: string): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(goBytes(inner));
}

function letterOf(letter: string): string {
  const found = LETTERS[letter];
  if (found === undefined) throw new Error(`no escape of Go: \\${letter}`);
  return found;
}
