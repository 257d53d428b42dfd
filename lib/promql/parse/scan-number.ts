/**
 * Finds the end of a number or a duration: decimal, hexadecimal, underscores, exponents, or units.
 */

export interface NumberScan {
  readonly kind: "number" | "duration" | "bad";
  /** Half-open. For a bad number the place of the error. */
  readonly end: number;
}

/**
 * Scans from a digit, or from a dot before one. Whether the number is well-formed is checked by
 * `parseNumber`.
 */
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
    // A dot at the start, or after a zero, is not counted. A second one makes a number that cannot
    // be parsed.
    at++;
  }
  // A single digit: directly after it, or after an underscore, `e` starts an exponent even in
  // `0x1e`.
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

/** Continues after the digits: `m`, `h30m`. `parseDuration` checks the units and their order. */
function scanUnits(text: string, start: number): NumberScan {
  const units = /[smhdwy]s?(?:[0-9]+[smhdw]s?)*/y;
  units.lastIndex = start;
  if (!units.test(text)) return { kind: "bad", end: start };
  const end = units.lastIndex;
  const more = /[0-9]+|[A-Za-z_]/y;
  more.lastIndex = end;
  return more.test(text) ? { kind: "bad", end: more.lastIndex } : { kind: "duration", end };
}
