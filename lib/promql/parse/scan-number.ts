/** Where a number or a duration ends: decimal, hexadecimal, with underscores, exponents, or units. */

export interface NumberScan {
  readonly kind: "number" | "duration" | "bad";
  /** Half-open; of a bad number where it went wrong. */
  readonly end: number;
}

/** Scans at a digit, or a dot before one. That a number is well-formed is not yet said by this: see `parseNumber`. */
export function scanNumberOrDuration(text: string, start: number): NumberScan {
  const number = scanNumber(text, start);
  if (number.kind === "number") return number;
  return scanUnits(text, number.end);
}

const DECIMAL = /[0-9]/;
const HEXADECIMAL = /[0-9a-fA-F]/;
const WORD = /[0-9A-Za-z_]/;

function scanNumber(text: string, start: number): NumberScan {
  let at = text[start] === "0" ? start + 1 : start;
  let digits = DECIMAL;
  if (at > start && /[xX]/.test(text[at] ?? "")) {
    digits = HEXADECIMAL;
    at += text[at + 1] === "_" ? 2 : 1;
  }
  let hasDot = false;
  let hasExponent = false;
  const is = (pattern: RegExp) => at < text.length && pattern.test(text[at]);
  if (is(/\./)) {
    // A dot at the beginning, or behind a zero, is not counted: a second one after it comes to a number that nothing can parse.
    at++;
  }
  // By itself: right behind it, or behind an underscore, `e` is no hexadecimal digit, and nothing may end with an exponent: `0x1e`.
  if (is(digits)) at++;
  while (at < text.length) {
    if (is(/\./)) {
      at++;
      if (hasDot) return { kind: "bad", end: at };
      hasDot = true;
      if (is(/[_.]/)) return { kind: "bad", end: at + 1 };
      if (digits === HEXADECIMAL) return { kind: "bad", end: at };
    } else if (is(/[eE]/)) {
      at++;
      if (hasExponent) return { kind: "bad", end: at };
      hasExponent = true;
      if (is(/[+-]/)) at++;
      if (is(/[._eE]/)) return { kind: "bad", end: at + 1 };
      if (at === text.length) return { kind: "bad", end: at };
    } else if (is(/_/)) {
      at++;
      if (is(/[._eE]/)) return { kind: "bad", end: at + 1 };
      if (at === text.length) return { kind: "bad", end: at };
    } else if (is(digits)) {
      while (is(digits)) at++;
    } else {
      break;
    }
  }
  return { kind: is(WORD) ? "bad" : "number", end: at };
}

/** Goes on after the digits: `m`, `h30m`. Whether units exist and stand in order is for `parseDuration`. */
function scanUnits(text: string, start: number): NumberScan {
  const units = /[smhdwy]s?(?:[0-9]+[smhdw]s?)*/y;
  units.lastIndex = start;
  if (!units.test(text)) return { kind: "bad", end: start };
  const end = units.lastIndex;
  const more = /[0-9]+|[A-Za-z_]/y;
  more.lastIndex = end;
  return more.test(text) ? { kind: "bad", end: more.lastIndex } : { kind: "duration", end };
}
