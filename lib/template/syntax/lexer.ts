/**
 * Cuts a template into tokens, as Go's text/template does: text, and the insides of `{{ }}`. The first error ends it.
 * https://pkg.go.dev/text/template
 */
import { type ByteString, encodeRune, runeAt } from "../text/byte-string.ts";
import { isPrint, quote } from "../text/quote.ts";
import { KEYWORDS, type Token, type TokenKind } from "./token.ts";

const SPACES = " \t\r\n";
const TRAILING_SPACES = /[ \t\r\n]*$/;
const LEADING_SPACES = /[ \t\r\n]*/y;
const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}_]$/u;
const LEFT = "{{";
const RIGHT = "}}";
const COMMENT_START = "/*";
const COMMENT_END = "*/";

const SINGLE_CHARS: Readonly<Record<string, TokenKind>> = { "=": "assign", "|": "pipe" };

/** All tokens; the last one is the end of the text or an error. */
export function tokenize(text: ByteString): Token[] {
  const lexer = new Lexer(text);
  lexer.run();
  return lexer.tokens;
}

class LexError extends Error {}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #text: ByteString;
  #at = 0;
  /** Where the next token begins. */
  #start = 0;
  #line = 1;
  #depth = 0;

  constructor(text: ByteString) {
    this.#text = text;
  }

  run(): void {
    try {
      while (this.#textToken()) this.#action();
      this.#emit("end of text");
    } catch (error) {
      if (!(error instanceof LexError)) throw error;
      this.tokens.push({ kind: "error", start: this.#start, text: error.message, line: this.#line });
    }
  }

  /** Up to the next action; false at the end of the text. */
  #textToken(): boolean {
    for (;;) {
      const found = this.#text.indexOf(LEFT, this.#at);
      const end = found < 0 ? this.#text.length : found;
      const afterDelimiter = end + LEFT.length;
      const trims = found >= 0 && this.#hasLeftTrim(afterDelimiter);
      const kept = this.#text.slice(this.#at, end);
      this.#at += trims ? kept.replace(TRAILING_SPACES, "").length : kept.length;
      if (this.#at > this.#start) this.#emit("text");
      this.#at = end;
      this.#skip();
      if (found < 0) return false;
      const inside = afterDelimiter + (trims ? 2 : 0);
      if (!this.#text.startsWith(COMMENT_START, inside)) {
        this.#at = afterDelimiter;
        this.#emit("left delimiter");
        this.#at = inside;
        this.#skip();
        return true;
      }
      this.#at = inside;
      this.#skip();
      this.#comment();
    }
  }

  #comment(): void {
    const end = this.#text.indexOf(COMMENT_END, this.#at + COMMENT_START.length);
    if (end < 0) throw new LexError("unclosed comment");
    this.#at = end + COMMENT_END.length;
    const length = this.#rightDelimiterLength();
    if (length === 0) throw new LexError("comment ends before closing delimiter");
    this.#at += length;
    if (length > RIGHT.length) this.#skipSpaces();
    this.#skip();
  }

  /** The tokens between the delimiters, and the right one. */
  #action(): void {
    this.#depth = 0;
    for (;;) {
      const length = this.#rightDelimiterLength();
      if (length > 0) {
        if (this.#depth > 0) throw new LexError("unclosed left paren");
        this.#at += length - RIGHT.length;
        this.#skip();
        this.#at += RIGHT.length;
        this.#emit("right delimiter");
        if (length > RIGHT.length) this.#skipSpaces();
        this.#skip();
        return;
      }
      this.#insideToken();
    }
  }

  #insideToken(): void {
    const char = this.#text[this.#at];
    if (char === undefined) throw new LexError("unclosed action");
    if (SPACES.includes(char)) {
      this.#space();
    } else if (SINGLE_CHARS[char] !== undefined) {
      this.#at++;
      this.#emit(SINGLE_CHARS[char]);
    } else if (char === ":") {
      if (this.#text[this.#at + 1] !== "=") throw new LexError("expected :=");
      this.#at += 2;
      this.#emit("declare");
    } else if (char === '"') {
      this.#quoted('"', "quoted string", "string");
    } else if (char === "'") {
      this.#quoted("'", "character constant", "character constant");
    } else if (char === "`") {
      this.#rawString();
    } else if (char === "$" || (char === "." && !/[0-9]/.test(this.#text[this.#at + 1] ?? "0"))) {
      this.#at++;
      this.#name(char === "$" ? "variable" : "field");
    } else if (/[-+.0-9]/.test(char)) {
      this.#number();
    } else if (this.#isLetterAt(this.#at)) {
      this.#word();
    } else {
      this.#punctuation(char);
    }
  }

  /** A run of spaces; the last one belongs to a right delimiter that trims. */
  #space(): void {
    while (SPACES.includes(this.#text[this.#at] ?? "x")) this.#at++;
    if (this.#text.startsWith(`-${RIGHT}`, this.#at)) this.#at--;
    if (this.#at > this.#start) this.#emit("space");
  }

  #punctuation(char: string): void {
    const { code, size } = runeAt(this.#text, this.#at);
    this.#at += size;
    if (char === "(") {
      this.#depth++;
      this.#emit("left paren");
    } else if (char === ")") {
      if (--this.#depth < 0) throw new LexError("unexpected right paren");
      this.#emit("right paren");
    } else if (code < 0x80 && isPrint(code)) {
      this.#emit("char");
    } else {
      throw new LexError(`unrecognized character in action: ${describeRune(code)}`);
    }
  }

  #quoted(mark: string, what: string, kind: TokenKind): void {
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === mark) break;
      const escaped = char === "\\" ? this.#text[this.#at++] : "x";
      if (char === undefined || char === "\n" || escaped === undefined || escaped === "\n") {
        throw new LexError(`unterminated ${what}`);
      }
    }
    this.#emit(kind);
  }

  #rawString(): void {
    const end = this.#text.indexOf("`", this.#at + 1);
    if (end < 0) {
      throw new LexError("unterminated raw quoted string");
    }
    this.#at = end + 1;
    this.#emit("raw string");
  }

  /** A variable or a field, whose first character has been read. */
  #name(kind: "variable" | "field"): void {
    if (this.#isTerminator()) {
      this.#emit(kind === "field" ? "dot" : "variable");
      return;
    }
    this.#skipLetters();
    this.#expectTerminator();
    this.#emit(kind);
  }

  #word(): void {
    this.#skipLetters();
    this.#expectTerminator();
    const word = this.#text.slice(this.#start, this.#at);
    if (word === "nil") this.#emit("nil");
    else if (KEYWORDS.has(word)) this.#emit("keyword");
    else this.#emit(word === "true" || word === "false" ? "bool" : "identifier");
  }

  #number(): void {
    this.#scanNumber();
    const sign = this.#text[this.#at];
    const isComplex = sign === "+" || sign === "-";
    if (isComplex) {
      this.#scanNumber();
      if (this.#text[this.#at - 1] !== "i") throw this.#badNumber();
    }
    this.#emit(isComplex ? "complex" : "number");
  }

  /** More than numbers are: the parser reads what was scanned. */
  #scanNumber(): void {
    const pattern =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)![0].length;
    if (!this.#isLetterAt(this.#at)) return;
    this.#at += runeAt(this.#text, this.#at).size;
    throw this.#badNumber();
  }

  #badNumber(): LexError {
    return new LexError(`bad number syntax: ${quote(this.#text.slice(this.#start, this.#at))}`);
  }

  #hasLeftTrim(at: number): boolean {
    return this.#text[at] === "-" && SPACES.includes(this.#text[at + 1] ?? "x");
  }

  /** 0 where no right delimiter is; more than its own length where it trims. */
  #rightDelimiterLength(): number {
    if (SPACES.includes(this.#text[this.#at] ?? "x") && this.#text.startsWith(`-${RIGHT}`, this.#at + 1)) {
      return 2 + RIGHT.length;
    }
    return this.#text.startsWith(RIGHT, this.#at) ? RIGHT.length : 0;
  }

  #isTerminator(): boolean {
    const char = this.#text[this.#at];
    if (char === undefined || `${SPACES}.,|:)(`.includes(char)) return true;
    return this.#text.startsWith(RIGHT, this.#at);
  }

  #expectTerminator(): void {
    if (this.#isTerminator()) return;
    throw new LexError(`bad character ${describeRune(runeAt(this.#text, this.#at).code)}`);
  }

  #skipLetters(): void {
    while (this.#isLetterAt(this.#at)) this.#at += runeAt(this.#text, this.#at).size;
  }

  #isLetterAt(at: number): boolean {
    if (at >= this.#text.length) return false;
    return LETTER_OR_DIGIT.test(String.fromCodePoint(runeAt(this.#text, at).code));
  }

  #skipSpaces(): void {
    LEADING_SPACES.lastIndex = this.#at;
    this.#at += LEADING_SPACES.exec(this.#text)![0].length;
  }

  #emit(kind: TokenKind): void {
    const text = kind === "end of text" ? "EOF" : this.#text.slice(this.#start, this.#at);
    this.tokens.push({ kind, start: this.#start, text, line: this.#line });
    this.#skip();
  }

  /** The next token begins here. */
  #skip(): void {
    for (let i = this.#start; i < this.#at; i++) if (this.#text[i] === "\n") this.#line++;
    this.#start = this.#at;
  }
}

/** As Go's `%#U`: `U+0041 'A'`. */
function describeRune(code: number): ByteString {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return isPrint(code) ? `${name} '${encodeRune(code)}'` : name;
}
