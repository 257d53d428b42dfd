/**
 * RE2 patterns that are looked for anywhere in a text, as Go's regexp does by default: `.` does not match a newline. Each
 * pattern and each search is bounded; `patterns.ts` is for the anchored patterns of queries.
 */
import type { RE2JS } from "re2js";
import { errorMessage, HearthError } from "../errors.ts";
import { quoteInput } from "../shorten.ts";
import { patternSize } from "./pattern-size.ts";
import { MAX_MATCH_STEPS, MAX_PATTERN_CHARACTERS, MAX_PATTERN_INSTRUCTIONS } from "./patterns.ts";
import { loadRe2 } from "./re2.ts";

export interface SearchPattern {
  /** Whether it matches somewhere. */
  test(text: string): boolean;
  /** Replaces each match as Go's ReplaceAllString: `$1`, `${name}` and `$$` in the replacement. */
  replaceAll(text: string, replacement: string): string;
}

/** Of an instruction, beside a step of a match. */
const COMPILE_STEPS = 32;

/**
 * Throws "invalid" with RE2's words for a pattern that is not RE2, "too large" past a limit. `spend` counts instructions, and
 * instructions times characters of each search.
 */
export function compileSearch(pattern: string, spend: (steps: number) => void = () => {}): SearchPattern {
  const instructions = patternSize(pattern);
  if (pattern.length > MAX_PATTERN_CHARACTERS || instructions > MAX_PATTERN_INSTRUCTIONS) {
    throw new HearthError(
      "too large",
      `regular expression ${quoteInput(pattern)} is too large; use a shorter one maxCharacters=${MAX_PATTERN_CHARACTERS}`,
    );
  }
  spend(COMPILE_STEPS * instructions);
  const compiled = compile(pattern);
  const check = (text: string) => {
    const steps = compiled.programSize() * (text.length + 1);
    if (steps <= MAX_MATCH_STEPS) return spend(steps);
    throw new HearthError(
      "too large",
      `regular expression ${quoteInput(pattern)} over a text of ${text.length} characters takes too many steps; use a shorter one maxSteps=${MAX_MATCH_STEPS}`,
    );
  };
  return {
    test(text) {
      check(text);
      return compiled.matcher(text).find();
    },
    replaceAll(text, replacement) {
      check(text);
      return replaceMatches(compiled, text, replacement);
    },
  };
}

function compile(pattern: string): RE2JS {
  const re2 = loadRe2();
  try {
    return re2.compile(pattern);
  } catch (cause) {
    throw new HearthError("invalid", errorMessage(cause), { cause });
  }
}

function replaceMatches(compiled: RE2JS, text: string, replacement: string): string {
  const matcher = compiled.matcher(text);
  const names = compiled.namedGroups();
  let out = "";
  let copied = 0;
  let isFirst = true;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // An empty match right after another one is none.
    if (start === end && start === copied && !isFirst) continue;
    isFirst = false;
    const group = (name: string) => {
      const index = /^\d+$/.test(name) ? Number(name) : Object.hasOwn(names, name) ? names[name] : -1;
      return index >= 0 && index <= compiled.groupCount() ? (matcher.group(index) ?? "") : "";
    };
    out += text.slice(copied, start) + expand(replacement, group);
    copied = end;
  }
  return out + text.slice(copied);
}

const REFERENCE = /\$(?:\$|(\w+)|\{(\w+)\})/gu;

function expand(replacement: string, group: (name: string) => string): string {
  return replacement.replace(REFERENCE, (all, bare?: string, braced?: string) => {
    return all === "$$" ? "$" : group(bare ?? braced ?? "");
  });
}
