/** Where Hearth calculates otherwise than the `math` of Go. */
import { everyDifference, isSame } from "./explain-floats.ts";
import { goLog, goPow, MIN_NORMAL } from "./go-math.ts";
import type { KnownDifference } from "./known-differences.ts";

export const FLOAT_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason: "logarithms of numbers below 2^-1022: Go's are wrong by up to three decimal orders",
    explains: (part) => {
      const base = part.expr.kind === "call" ? LOGARITHMS.get(part.expr.function) : undefined;
      if (base === undefined) return false;
      return everyDifference(part, ({ ours, theirs }, [values]) =>
        values.some(
          ({ ours: value }) =>
            isBelowNormal(value) &&
            isSame(Math.log(value) / base, ours) &&
            isSame(goLog(value) / base, theirs),
        ),
      );
    },
  },
  {
    reason:
      "powers: Go squares again and again, which leaves those of huge exponents few digits, and takes wrong logarithms of numbers below 2^-1022",
    explains: (part) =>
      part.expr.kind === "binary" &&
      part.expr.operator === "^" &&
      everyDifference(part, ({ ours, theirs }, [bases, exponents]) =>
        bases.some(({ ours: base }) =>
          exponents.some(
            ({ ours: exponent }) => isSame(base ** exponent, ours) && isSame(goPow(base, exponent), theirs),
          ),
        ),
      ),
  },
  {
    reason:
      "exponentials from 2^1023.5 on: Go's are infinite there, half an octave early, and so are cosh() and sinh()",
    explains: (part) => {
      const calculate = part.expr.kind === "call" ? EXPONENTIALS.get(part.expr.function) : undefined;
      if (calculate === undefined) return false;
      return everyDifference(
        part,
        ({ ours, theirs }, [values]) =>
          theirs === Math.sign(ours) * Number.POSITIVE_INFINITY &&
          values.some(
            ({ ours: value }) => Math.abs(value) > GO_MAX_EXPONENT && isSame(calculate(value), ours),
          ),
      );
    },
  },
  {
    reason:
      "arc cosines and binary logarithms of numbers near to one: Go makes them as a difference, of which few digits are left",
    explains: (part) => {
      const calculate = part.expr.kind === "call" ? DIFFERENCES.get(part.expr.function) : undefined;
      if (calculate === undefined) return false;
      return everyDifference(
        part,
        ({ ours, theirs }, [values]) =>
          Math.abs(ours - theirs) <= MAX_DIFFERENCE_ERROR &&
          values.some(({ ours: value }) => isSame(calculate(value), ours)),
      );
    },
  },
];

const isBelowNormal = (value: number) => value > 0 && value < MIN_NORMAL;

/** The natural logarithm of the base of each. */
const LOGARITHMS: ReadonlyMap<string, number> = new Map([
  ["ln", 1],
  ["log10", Math.LN10],
]);

type Calculate = (operand: number) => number;

/** `math.Exp` rounds its operand to a whole power of two, of which 1024 has no room. */
const GO_MAX_EXPONENT = 1023.499 * Math.LN2;

const EXPONENTIALS: ReadonlyMap<string, Calculate> = new Map([
  ["exp", Math.exp],
  ["cosh", Math.cosh],
  ["sinh", Math.sinh],
]);

/** `math.Acos` is what an arc sine lacks of a quarter turn, `math.Log2` the logarithm of a half and one more. */
const DIFFERENCES: ReadonlyMap<string, Calculate> = new Map([
  ["acos", Math.acos],
  ["log2", Math.log2],
]);

/** Some last digits of a quarter turn. */
const MAX_DIFFERENCE_ERROR = 2 ** -51;
