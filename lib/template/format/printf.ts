/** fmt.Sprintf: flags, width, precision and argument indexes; wrong directives show in the text. */
import { type ByteString, encodeRune, runeAt } from "../text/byte-string.ts";
import { integerOf, type MaybeValue } from "../value/types.ts";
import { type Flags, noFlags } from "./flags.ts";
import { printArgument } from "./printer.ts";

/** The greatest width and precision. */
const MAX_NUMBER = 1_000_000;

const FLAG_NAMES: Readonly<Record<string, "sharp" | "zero" | "plus" | "minus" | "space">> = {
  "#": "sharp",
  "0": "zero",
  "+": "plus",
  "-": "minus",
  " ": "space",
};

/** `checkSize` throws when the text grows too long. */
export function sprintf(
  format: ByteString,
  args: readonly MaybeValue[],
  checkSize: (size: number) => void,
): ByteString {
  const directives = new Directives(format, args);
  let out = "";
  while (!directives.isDone) {
    out += directives.next();
    checkSize(out.length);
  }
  return out + directives.extra();
}

class Directives {
  readonly #format: ByteString;
  readonly #args: readonly MaybeValue[];
  #at = 0;
  #arg = 0;
  /** Whether an index was used anywhere: then arguments may be left over. */
  #reordered = false;
  /** Whether the directive's indexes are right. */
  #goodIndex = true;

  constructor(format: ByteString, args: readonly MaybeValue[]) {
    this.#format = format;
    this.#args = args;
  }

  get isDone(): boolean {
    return this.#at >= this.#format.length;
  }

  /** The text up to a directive, and the directive. */
  next(): ByteString {
    const found = this.#format.indexOf("%", this.#at);
    const end = found < 0 ? this.#format.length : found;
    const text = this.#format.slice(this.#at, end);
    this.#at = end + 1;
    return found < 0 ? text : text + this.#directive();
  }

  #directive(): ByteString {
    this.#goodIndex = true;
    const flags = noFlags();
    for (; FLAG_NAMES[this.#char()] !== undefined; this.#at++) flags[FLAG_NAMES[this.#char()]] = true;
    if (/[a-z]/.test(this.#char()) && this.#arg < this.#args.length) {
      return this.#argument(this.#format[this.#at++], flags);
    }
    let afterIndex = this.#index();
    let problems = "";
    if (this.#char() === "*") {
      this.#at++;
      const width = this.#integerArgument();
      if (width === undefined) problems += "%!(BADWIDTH)";
      flags.width = width === undefined ? undefined : Math.abs(width);
      if (width !== undefined && width < 0) Object.assign(flags, { minus: true, zero: false });
      afterIndex = false;
    } else {
      flags.width = this.#number();
      if (afterIndex && flags.width !== undefined) this.#goodIndex = false;
    }
    // A point at the end is a verb.
    if (this.#char() === "." && this.#at + 1 < this.#format.length) {
      this.#at++;
      if (afterIndex) this.#goodIndex = false;
      afterIndex = this.#index();
      if (this.#char() === "*") {
        this.#at++;
        const precision = this.#integerArgument();
        flags.precision = precision !== undefined && precision >= 0 ? precision : undefined;
        if (flags.precision === undefined) problems += "%!(BADPREC)";
        afterIndex = false;
      } else {
        flags.precision = this.#number() ?? 0;
      }
    }
    if (!afterIndex) this.#index();
    return problems + this.#verb(flags);
  }

  #verb(flags: Flags): ByteString {
    if (this.isDone) return "%!(NOVERB)";
    const { code, size } = runeAt(this.#format, this.#at);
    this.#at += size;
    const verb = encodeRune(code);
    if (verb === "%") return "%";
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    if (this.#arg >= this.#args.length) return `%!${verb}(MISSING)`;
    return this.#argument(verb, flags);
  }

  #argument(verb: ByteString, flags: Flags): ByteString {
    if (verb === "v" || verb === "w") {
      Object.assign(flags, { sharpV: flags.sharp, sharp: false, plusV: flags.plus, plus: false });
    }
    return printArgument(this.#args[this.#arg++], verb, flags);
  }

  /** `%!(EXTRA int=1)`. */
  extra(): ByteString {
    if (this.#reordered || this.#arg >= this.#args.length) return "";
    const extra = this.#args.slice(this.#arg).map((value) => {
      if (value === undefined) return "<nil>";
      return `${value.type.name}=${printArgument(value, "v", noFlags())}`;
    });
    return `%!(EXTRA ${extra.join(", ")})`;
  }

  #char(): string {
    return this.#format[this.#at] ?? "";
  }

  /** An index `[2]`; whether there is one. */
  #index(): boolean {
    if (this.#char() !== "[") return false;
    this.#reordered = true;
    const close = this.#format.indexOf("]", this.#at);
    if (this.#format.length - this.#at < 3 || close < 0) {
      this.#goodIndex = false;
      this.#at++;
      return false;
    }
    const text = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (index >= 1 && index <= this.#args.length) {
      this.#arg = index - 1;
      return true;
    }
    this.#goodIndex = false;
    return index >= 0 && index <= 10 * MAX_NUMBER;
  }

  /** Digits; more than a million is no number. */
  #number(): number | undefined {
    const digits = /^\d*/.exec(this.#format.slice(this.#at))![0];
    if (digits === "") return undefined;
    if (Number(digits) <= 10 * MAX_NUMBER + 9) {
      this.#at += digits.length;
      return Number(digits);
    }
    this.#at = this.#format.length;
    return undefined;
  }

  #integerArgument(): number | undefined {
    if (this.#arg >= this.#args.length) return undefined;
    const value = this.#args[this.#arg++];
    if (value?.type.kind !== "int" && value?.type.kind !== "uint") return undefined;
    const integer = integerOf(value);
    return integer > MAX_NUMBER || integer < -MAX_NUMBER ? undefined : Number(integer);
  }
}
