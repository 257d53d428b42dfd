/**
 * How large a pattern's program becomes, before it is compiled. A counted repetition is compiled as that many copies, and
 * repetitions nest: `(((a{10}){10}){10}){10}` is 10,000 copies in 23 characters. What takes long to compile weighs as the
 * instructions that take as long.
 */
import { classEnd, classSize, endOf, UNICODE_CLASS } from "./class-size.ts";

/** Instructions that any program has. */
const OVERHEAD = 4;

const COUNTED = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y;
const GROUP_HEAD = /\?(?:P?<\w*>|[a-zA-Z-]*:)/y;
/** Flags alone are no atom: a repetition behind them is one of what stands before. */
const FLAGS = /\?[a-zA-Z-]*\)/y;
const BRACED = /\{[^}]*\}/y;
/** A flag that lets case not count, anywhere: it may hold for any class of the pattern. */
const FOLDING = /\(\?[a-zA-Z-]*i/;

/** What stands in a pair of parentheses so far. */
interface Group {
  size: number;
  /** The last atom, which a repetition may follow. */
  last: number;
}

/** An upper bound of the compiled instructions, in linear time; any number for a pattern that does not compile. */
export function patternSize(pattern: string): number {
  const isFolded = FOLDING.test(pattern);
  let once = 0;
  const outer: Group[] = [];
  let group: Group = { size: OVERHEAD, last: 0 };
  const add = (size: number) => {
    group.size += group.last;
    group.last = size;
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at++];
    if (character === "\\") {
      const escaped = pattern[at++] ?? "";
      if (escaped === "Q") {
        const end = pattern.indexOf("\\E", at);
        const quoted = (end < 0 ? pattern.length : end) - at;
        group.size += quoted;
        add(1);
        at = end < 0 ? pattern.length : end + 2;
      } else {
        const isUnicode = escaped === "p" || escaped === "P";
        add(isUnicode ? UNICODE_CLASS.size : 1);
        if (isUnicode && isFolded) once += UNICODE_CLASS.folding;
        if (isUnicode || escaped === "x") at = endOf(BRACED, pattern, at);
      }
    } else if (character === "[") {
      const end = classEnd(pattern, at);
      const ofClass = classSize(pattern, at, end, isFolded);
      add(ofClass.size);
      once += ofClass.once;
      at = end;
    } else if (character === "(") {
      const flagsEnd = endOf(FLAGS, pattern, at);
      if (flagsEnd === at) {
        outer.push(group);
        group = { size: 0, last: 0 };
        at = endOf(GROUP_HEAD, pattern, at);
      } else at = flagsEnd;
    } else if (character === ")") {
      const size = group.size + group.last + 2;
      group = outer.pop() ?? group;
      add(size);
    } else if (character === "*" || character === "+" || character === "?") group.last += 2;
    else if (character === "|") add(2);
    else if (character === "{") {
      COUNTED.lastIndex = at - 1;
      const counted = COUNTED.exec(pattern);
      if (counted === null) add(1);
      else {
        const [text, min, comma, max] = counted;
        const count = Math.max(1, Number(max || min));
        group.last = group.last * count + count + (comma === undefined ? 0 : 2);
        at += text.length - 1;
      }
    } else add(1);
  }
  let size = once + group.size + group.last;
  for (const { size: before, last } of outer) size += before + last;
  return size;
}
