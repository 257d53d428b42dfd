/** Goes through the tokens of a template, and makes the errors that name their lines. */
import type { ByteString } from "../text/byte-string.ts";
import { describeToken, type Token, type TokenKind } from "./token.ts";

export class TemplateSyntaxError extends Error {}

export class TokenCursor {
  /** The index of the next token; setting it back reads tokens again. */
  at = 0;
  /** The line of the action that is being read; 0 outside of one. */
  actionLine = 0;
  readonly #name: ByteString;
  readonly #tokens: readonly Token[];
  /** The last token that was looked at: errors name its line. */
  #seen = 0;

  constructor(name: ByteString, tokens: readonly Token[]) {
    this.#name = name;
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#look(this.at);
  }

  next(): Token {
    return this.#look(this.at++);
  }

  /** After the end, the end comes again. */
  #look(index: number): Token {
    const at = Math.min(index, this.#tokens.length - 1);
    this.#seen = Math.max(this.#seen, at);
    return this.#tokens[at];
  }

  nextNonSpace(): Token {
    for (;;) {
      const token = this.next();
      if (token.kind !== "space") return token;
    }
  }

  /** Spaces before it are past. */
  peekNonSpace(): Token {
    while (this.peek().kind === "space") this.at++;
    return this.peek();
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.nextNonSpace();
    if (token.kind !== kind) throw this.unexpected(token, context);
    return token;
  }

  unexpected(token: Token, context: string): TemplateSyntaxError {
    if (token.kind !== "error") return this.error(`unexpected ${describeToken(token)} in ${context}`);
    if (this.actionLine === 0 || this.actionLine === token.line) return this.error(token.text);
    const where = token.text.endsWith(" action") ? " started at" : " in action started at";
    return this.error(`${token.text}${where} ${this.#name}:${this.actionLine}`);
  }

  error(message: string): TemplateSyntaxError {
    const { line } = this.#tokens[this.#seen];
    return new TemplateSyntaxError(`template: ${this.#name}:${line}: ${message}`);
  }
}
