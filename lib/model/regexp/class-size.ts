/**
 * What a class in brackets takes to compile, as instructions that take as long: 1.6 µs each. Its own instruction is one,
 * but its members are merged first. Where case does not count, each character of a range is folded by itself. That is
 * done once, however often the class is repeated.
 */

/** Characters of a class that weigh as much as an instruction. */
const CLASS_CHARACTERS = 8;
/** Characters of a range that are folded in the time of an instruction. */
const FOLDED_CHARACTERS = 64;
/** No character below or above these folds. https://github.com/golang/go/blob/master/src/regexp/syntax/parse.go */
const [MIN_FOLD, MAX_FOLD] = [0x41, 0x1e943];

/** Weight of a Unicode class such as `\pL`, which has hundreds of ranges; and of merging it with others, and folding it. */
export const UNICODE_CLASS = { size: 16, merging: 48, folding: 112 } as const;

const NAMED_CLASS = /\[:\^?[a-z]+:\]/y;
const UNICODE = /\\[pP](?:\{[^}]*\}|.?)/suy;
const CODE_POINT = /\\x\{([0-9a-fA-F]{1,8})\}|\\x([0-9a-fA-F]{2})|\\([0-7]{1,3})/y;
const ESCAPED = /\\.?/suy;

/** Where a sticky pattern that begins here ends; here if it does not match. */
export function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

/** After the bracket that closes a class, which begins here; one at its beginning is a member. */
export function classEnd(pattern: string, start: number): number {
  let at = pattern[start] === "^" ? start + 1 : start;
  if (pattern[at] === "]") at++;
  for (; at < pattern.length && pattern[at] !== "]"; at++) {
    if (pattern[at] === "\\") at++;
    // The bracket of `[:alpha:]` does not close the class.
    else at = Math.max(at, endOf(NAMED_CLASS, pattern, at) - 1);
  }
  return at + 1;
}

export interface ClassSize {
  /** Of each of its copies. */
  readonly size: number;
  /** What is done once. */
  readonly once: number;
}

/** Of the class whose members begin at `start`; `end`: as `classEnd` says. `isFolded`: whether case may not count. */
export function classSize(pattern: string, start: number, end: number, isFolded: boolean): ClassSize {
  const last = Math.min(end - 1, pattern.length);
  let size = 1 + Math.floor((end - start) / CLASS_CHARACTERS);
  let once = 0;
  for (let at = pattern[start] === "^" ? start + 1 : start; at < last; ) {
    const afterClass = Math.max(endOf(NAMED_CLASS, pattern, at), endOf(UNICODE, pattern, at));
    if (afterClass > at) {
      if (pattern[at] === "\\") {
        size += UNICODE_CLASS.size;
        once += UNICODE_CLASS[isFolded ? "folding" : "merging"];
      }
      at = afterClass;
      continue;
    }
    const from = readMember(pattern, at);
    at = from.end;
    if (!isFolded || pattern[at] !== "-" || at + 1 >= last) continue;
    const to = readMember(pattern, at + 1);
    at = to.end;
    const folded = Math.min(to.highest, MAX_FOLD) - Math.max(from.lowest, MIN_FOLD) + 1;
    once += Math.ceil(Math.max(folded, 0) / FOLDED_CHARACTERS);
  }
  return { size, once };
}

interface Member {
  /** The same code point, or bounds of one that this file does not know. */
  readonly lowest: number;
  readonly highest: number;
  readonly end: number;
}

function readMember(pattern: string, at: number): Member {
  if (pattern[at] !== "\\") {
    const code = pattern.codePointAt(at) ?? 0;
    return { lowest: code, highest: code, end: at + (code > 0xffff ? 2 : 1) };
  }
  CODE_POINT.lastIndex = at;
  const [text, braced, two, octal] = CODE_POINT.exec(pattern) ?? [];
  if (text === undefined) return { lowest: 0, highest: MAX_FOLD, end: endOf(ESCAPED, pattern, at) };
  const code = octal === undefined ? Number.parseInt(braced ?? two, 16) : Number.parseInt(octal, 8);
  return { lowest: code, highest: code, end: at + text.length };
}
