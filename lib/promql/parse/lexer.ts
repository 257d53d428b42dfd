/** From text to tokens. The meaning of a character depends on the open brackets around it. */
import { quoteCharacter, quoteInput } from "../syntax/quote.ts";
import { ParseError } from "./parse-error.ts";
import { scanNumberOrDuration } from "./scan-number.ts";
import { scanString } from "./string-literal.ts";
import { type Token, type TokenKind, wordKind } from "./token.ts";

interface NamePatterns {
  readonly start: RegExp;
  /** A whole name outside of braces, colons included; sticky. */
  readonly word: RegExp;
  /** A whole name inside of braces; sticky. */
  readonly label: RegExp;
}

const LEGACY_NAMES: NamePatterns = { start: /[A-Za-z_]/, word: /[\w:]+/y, label: /\w+/y };
const UTF8_NAMES: NamePatterns = {
  start: /[A-Za-z_]|(?![\0-\x7f])\p{L}/u,
  word: /[\w:.\p{L}]+/uy,
  label: /[\w.\p{L}]+/uy,
};
const NUMBER_START = /\.?[0-9]/y;

/** How Prometheus shows the end of the input where it expects a character. */
const NO_CHARACTER = "\ufffd";

/** Longest first. */
const SYMBOLS: readonly TokenKind[] = [
  ...(["==", "!=", "<=", "</", ">=", ">/"] as const),
  ...(["+", "-", "*", "/", "%", "^", "=", "<", ">", "@", ","] as const),
];
const DURATION_SYMBOLS: readonly TokenKind[] = ["+", "-", "*", "/", "%", "^", ","];
const BRACE_SYMBOLS: readonly TokenKind[] = ["=~", "!~", "!=", "=", ","];

/** Words that are allowed in brackets. */
const DURATION_WORDS: ReadonlySet<TokenKind> = new Set<TokenKind>(["step", "range", "max_of", "min_of"]);

/** A cursor over an expression's tokens. Throws `ParseError` where there is no token. */
export class Lexer {
  readonly text: string;
  readonly #names: NamePatterns;
  #at = 0;
  #openParens = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Inside brackets before the first number: only the beginning of a duration is allowed. */
  #atDuration = false;
  #hasDuration = false;
  #hasColon = false;

  /** `takesUtf8Names`: whether names without quotes may have letters of any script, and dots. */
  constructor(text: string, takesUtf8Names = false) {
    this.text = text;
    this.#names = takesUtf8Names ? UTF8_NAMES : LEGACY_NAMES;
  }

  /** The next token; at the end always "end of input". */
  next(): Token {
    this.#skipSpace();
    if (this.#inBraces) return this.#nextInBraces();
    if (this.#atDuration) return this.#nextInDuration();
    if (this.#inBrackets) return this.#nextInBrackets();
    return this.#nextInExpression();
  }

  #skipSpace(): void {
    // No comments before a duration.
    const space = this.#atDuration ? /[ \t\n\r]*/y : /(?:[ \t\n\r]|#[^\n\r]*)*/y;
    this.#at = this.#endOf(space);
  }

  #nextInExpression(): Token {
    const character = this.#character();
    if (character === ":" || this.#names.start.test(character)) return this.#word();
    if (this.#isAt(NUMBER_START)) return this.#number();
    switch (character) {
      case "":
        return this.#endOfInput();
      case '"':
      case "'":
      case "`":
        return this.#take("string", scanString(this.text, this.#at));
      case "(":
      case ")":
        return this.#paren(character);
      case "{":
        this.#inBraces = true;
        return this.#take("{", this.#at + 1);
      case "[":
        return this.#openBracket();
      case "]":
        return this.#closeBracket();
      case "!":
        this.#expectAfter("!", /=/, "");
        break;
      case "=":
        this.#expectAfter("=", /^[^~]?$/u, "");
    }
    return this.#oneOf(SYMBOLS) ?? this.#fail(`unexpected character: ${quoteCharacter(character)}`);
  }

  #nextInBraces(): Token {
    const character = this.#character();
    if (this.#names.start.test(character)) return this.#take("identifier", this.#endOf(this.#names.label));
    switch (character) {
      case "":
        return this.#fail("unexpected end of input inside braces");
      case '"':
      case "'":
      case "`":
        return this.#take("string", scanString(this.text, this.#at));
      case "{":
        return this.#fail("unexpected left brace '{'");
      case "}":
        this.#inBraces = false;
        return this.#take("}", this.#at + 1);
      case "!":
        this.#expectAfter("!", /[=~]/, " inside braces");
    }
    const reason = `unexpected character inside braces: ${quoteCharacter(character)}`;
    return this.#oneOf(BRACE_SYMBOLS) ?? this.#fail(reason);
  }

  #nextInDuration(): Token {
    const character = this.#character();
    if (this.#isAt(NUMBER_START)) {
      this.#atDuration = false;
      this.#hasDuration = true;
      return this.#number();
    }
    switch (character) {
      case "":
        return this.#fail("unexpected end of input in duration expression");
      case "]":
        return this.#closeBracket();
      case ":":
        return this.#colonInDuration();
      case "(":
      case ")":
        return this.#paren(character);
    }
    const reason = `unexpected character in duration expression: ${quoteCharacter(character)}`;
    return this.#oneOf(DURATION_SYMBOLS) ?? this.#durationWord() ?? this.#fail(reason);
  }

  /** Inside brackets after the first number: as outside, except words and the colon. */
  #nextInBrackets(): Token {
    const character = this.#character();
    if (character === ":") {
      if (this.#hasColon) this.#fail("unexpected colon ':'");
      this.#hasColon = true;
      return this.#take(":", this.#at + 1);
    }
    if (this.#names.start.test(character)) {
      return (
        this.#durationWord() ?? this.#fail(`unexpected character: ${quoteCharacter(character)}, expected ':'`)
      );
    }
    return this.#nextInExpression();
  }

  #colonInDuration(): Token {
    const token = this.#take(":", this.#at + 1);
    if (!this.#hasDuration) this.#fail("unexpected colon before duration in duration expression");
    if (this.#hasColon) this.#fail("unexpected repeated colon in duration expression");
    this.#hasColon = true;
    return token;
  }

  #openBracket(): Token {
    if (this.#inBrackets) this.#fail("unexpected left bracket '['");
    this.#inBrackets = true;
    this.#atDuration = true;
    this.#hasDuration = false;
    this.#hasColon = false;
    return this.#take("[", this.#at + 1);
  }

  #closeBracket(): Token {
    if (!this.#inBrackets) this.#fail("unexpected right bracket ']'");
    this.#inBrackets = false;
    this.#atDuration = false;
    return this.#take("]", this.#at + 1);
  }

  #paren(kind: "(" | ")"): Token {
    this.#openParens += kind === "(" ? 1 : -1;
    const token = this.#take(kind, this.#at + 1);
    if (this.#openParens < 0) this.#fail("unexpected right parenthesis ')'");
    return token;
  }

  #endOfInput(): Token {
    if (this.#openParens > 0) this.#fail("unclosed left parenthesis");
    if (this.#inBrackets) this.#fail("unclosed left bracket");
    return this.#take("end of input", this.#at);
  }

  #word(): Token {
    const end = this.#endOf(this.#names.word);
    const kind = wordKind(this.text.slice(this.#at, end));
    const token = this.#take(kind, end);
    // Metrics could have these names before there were fill modifiers.
    const isFill = kind === "fill" || kind === "fill_left" || kind === "fill_right";
    return isFill && !this.#isAt(/[ \t\n\r]*\(/y) ? { ...token, kind: "identifier" } : token;
  }

  #durationWord(): Token | undefined {
    const end = this.#endOf(/[A-Za-z_]+/y);
    const kind = wordKind(this.text.slice(this.#at, end));
    if (!DURATION_WORDS.has(kind)) return undefined;
    this.#hasDuration = true;
    return this.#take(kind, end);
  }

  #number(): Token {
    const { kind, end } = scanNumberOrDuration(this.text, this.#at);
    if (kind === "bad")
      this.#fail(`bad number or duration syntax: ${quoteInput(this.text.slice(this.#at, end))}`);
    return this.#take(kind, end);
  }

  #oneOf(symbols: readonly TokenKind[]): Token | undefined {
    const kind = symbols.find((symbol) => this.text.startsWith(symbol, this.#at));
    return kind === undefined ? undefined : this.#take(kind, this.#at + kind.length);
  }

  #expectAfter(first: string, expected: RegExp, where: string): void {
    const after = this.#character(this.#at + first.length);
    if (expected.test(after)) return;
    this.#fail(`unexpected character after '${first}'${where}: ${quoteCharacter(after || NO_CHARACTER)}`);
  }

  /** A whole code point; "" at the end. */
  #character(at = this.#at): string {
    return at < this.text.length ? String.fromCodePoint(this.text.codePointAt(at)!) : "";
  }

  #isAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.text);
  }

  /** The end of a sticky pattern that matches here, else this place. */
  #endOf(pattern: RegExp): number {
    return this.#isAt(pattern) ? pattern.lastIndex : this.#at;
  }

  #take(kind: TokenKind, end: number): Token {
    const start = this.#at;
    this.#at = end;
    return { kind, start, end, text: this.text.slice(start, end) };
  }

  /** At the cursor, or after the last token if that was the problem. */
  #fail(reason: string): never {
    throw new ParseError(this.text, { start: this.#at, end: this.text.length }, reason);
  }
}
