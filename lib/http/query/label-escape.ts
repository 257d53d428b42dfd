/**
 * Escaped label names in paths: the prefix `U__`, then `__` for an underscore and `_2e_` for the code
 * point 2e. https://github.com/prometheus/proposals/blob/main/proposals/0028-utf8.md
 */

const ESCAPE = /_(?:_|([0-9a-fA-F]{1,6})_)|_/g;

/** The unescaped name. A name without a valid escape is returned unchanged. */
export function unescapeLabelName(name: string): string {
  if (!name.startsWith("U__")) return name;
  let isValid = true;
  const unescaped = name.slice(3).replace(ESCAPE, (escaped, hex: string | undefined) => {
    const code = hex === undefined ? 0x5f : Number.parseInt(hex, 16);
    isValid &&= escaped !== "_" && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isValid ? String.fromCodePoint(code) : escaped;
  });
  return isValid ? unescaped : name;
}
