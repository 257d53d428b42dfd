/** A cursor over tokens for a recursive descent parser. */
import type { Deadline } from "../../model/deadline.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import type { TextRange } from "../syntax/ast.ts";
import { MAX_NESTING } from "./depth.ts";
import { Lexer } from "./lexer.ts";
import type { ParseOptions } from "./options.ts";
import { ParseError } from "./parse-error.ts";
import { describeToken, type Token, type TokenKind } from "./token.ts";

/** What a token takes to read, parse and check, in steps of a deadline. */
const TOKEN_STEPS = 50;

/**
 * Looks ahead by one or two tokens and no further than needed, so that the first error in the text
 * is reported. Throws `ParseError`, and as the deadline of the patterns does.
 */
export class TokenCursor {
  readonly text: string;
  readonly options: ParseOptions;
  readonly patterns: Patterns;
  /** The end of the last token taken. */
  lastEnd = 0;
  readonly #deadline: Deadline;
  readonly #lexer: Lexer;
  /** At most two tokens. */
  readonly #ahead: Token[] = [];
  #depth = 0;
  /** What is being parsed, for errors: the innermost `within` that names what it expects. */
  readonly #contexts: string[] = [];

  constructor(text: string, options: ParseOptions) {
    this.text = text;
    this.options = options;
    this.patterns = options.patterns ?? new Patterns();
    this.#deadline = this.patterns.deadline;
    this.#lexer = new Lexer(text, options.enableUnquotedUtf8Names);
  }

  peek(): Token {
    if (this.#ahead.length === 0) this.#ahead.push(this.#lexer.next());
    return this.#ahead[0];
  }

  /** The token after the next. */
  peekSecond(): Token {
    this.peek();
    if (this.#ahead.length === 1) this.#ahead.push(this.#lexer.next());
    return this.#ahead[1];
  }

  take(): Token {
    this.#deadline.spend(TOKEN_STEPS);
    const token = this.peek();
    this.#ahead.shift();
    this.lastEnd = token.end;
    return token;
  }

  /** Takes the next token if it has that kind. */
  accept(kind: TokenKind): Token | undefined {
    return this.peek().kind === kind ? this.take() : undefined;
  }

  /** Takes the next token, which must have that kind; `context` as in `unexpected`. */
  expect(kind: TokenKind, context?: string): Token {
    return this.accept(kind) ?? this.unexpected(context);
  }

  /**
   * Throws for the next token; `context` is ` in … expected …`, default that of the innermost
   * `within`.
   */
  unexpected(context: string = this.#contexts.at(-1) ?? ""): never {
    const token = this.peek();
    this.fail(token, `unexpected ${describeToken(token)}${context}`);
  }

  fail(range: TextRange, reason: string): never {
    throw new ParseError(this.text, { start: range.start, end: range.end }, reason);
  }

  /** Parses something whose unexpected tokens `context` explains. */
  within<T>(context: string, parse: (tokens: this) => T): T {
    this.#contexts.push(context);
    const result = parse(this);
    this.#contexts.pop();
    return result;
  }

  /** Parses something one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.#depth === MAX_NESTING)
      this.fail(this.peek(), `expression is nested more than ${MAX_NESTING} deep`);
    this.#depth++;
    const result = parse();
    this.#depth--;
    return result;
  }
}
