/**
 * Parses a template as Go's text/template does, with its errors: `template: NAME:LINE: …`.
 * https://pkg.go.dev/text/template
 */
import type { ByteString } from "../text/byte-string.ts";
import { quote, unquote } from "../text/quote.ts";
import { tokenize } from "./lexer.ts";
import type { BranchNode, CommandNode, Node, Operand, PipeNode, TemplateNode, Tree } from "./nodes.ts";
import { parseNumberToken } from "./number-node.ts";
import type { Token, TokenKind } from "./token.ts";
import { TokenCursor } from "./token-cursor.ts";

/** Parentheses in parentheses, and actions in actions. */
const MAX_DEPTH = 500;

export interface ParsedTemplate {
  readonly name: ByteString;
  readonly text: ByteString;
  readonly trees: ReadonlyMap<ByteString, Tree>;
}

/** Throws `TemplateSyntaxError`. `isFunction` says which names may be called. */
export function parseTemplate(
  name: ByteString,
  text: ByteString,
  isFunction: (name: string) => boolean,
): ParsedTemplate {
  const parser = new Parser(name, tokenize(text), isFunction);
  parser.parse();
  return { name, text, trees: parser.trees };
}

/** A list's nodes, and the `end` or `else` after them. */
interface Body {
  readonly nodes: Node[];
  readonly end: "end" | "else";
}

const OPERAND_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "bool",
  "character constant",
  "complex",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw string",
  "string",
  "variable",
  "left paren",
]);
const CONSTANTS: ReadonlySet<string> = new Set(["true", "false", "dot", "nil", "number", "string"]);

class Parser {
  readonly trees = new Map<ByteString, Tree>();
  readonly #name: ByteString;
  readonly #tokens: TokenCursor;
  readonly #isFunction: (name: string) => boolean;
  #variables = ["$"];
  #rangeDepth = 0;
  #depth = 0;

  constructor(name: ByteString, tokens: readonly Token[], isFunction: (name: string) => boolean) {
    this.#name = name;
    this.#tokens = new TokenCursor(name, tokens);
    this.#isFunction = isFunction;
  }

  parse(): void {
    const nodes: Node[] = [];
    while (this.#tokens.peek().kind !== "end of text") {
      if (this.#tokens.peek().kind === "left delimiter") {
        const start = this.#tokens.at;
        this.#tokens.next();
        if (isKeyword(this.#tokens.nextNonSpace(), "define")) {
          this.#definition();
          continue;
        }
        this.#tokens.at = start;
      }
      const node = this.#textOrAction();
      if (typeof node === "string") throw this.#tokens.error(`unexpected {{${node}}}`);
      nodes.push(node);
    }
    this.#add({ name: this.#name, nodes });
  }

  /** The keyword is past. */
  #definition(): void {
    const context = "define clause";
    const token = this.#tokens.nextNonSpace();
    if (token.kind !== "string" && token.kind !== "raw string") throw this.#tokens.unexpected(token, context);
    const name = this.#unquoted(token);
    this.#tokens.expect("right delimiter", context);
    this.#inTemplate(name, context);
  }

  /** The body of a template up to its end; variables of the text around it are not known there. */
  #inTemplate(name: ByteString, context: string): void {
    const [variables, rangeDepth] = [this.#variables, this.#rangeDepth];
    this.#variables = ["$"];
    this.#rangeDepth = 0;
    const { nodes, end } = this.#body();
    if (end !== "end") throw this.#tokens.error(`unexpected {{${end}}} in ${context}`);
    this.#add({ name, nodes });
    this.#variables = variables;
    this.#rangeDepth = rangeDepth;
  }

  /** A template without text may be replaced, and replaces none. */
  #add(tree: Tree): void {
    const earlier = this.trees.get(tree.name);
    if (earlier === undefined || isBlank(earlier.nodes)) this.trees.set(tree.name, tree);
    else if (!isBlank(tree.nodes)) {
      throw this.#tokens.error(`template: multiple definition of template ${quote(tree.name)}`);
    }
  }

  #body(): Body {
    if (++this.#depth > MAX_DEPTH) throw this.#tokens.error("max nesting depth exceeded");
    const nodes: Node[] = [];
    while (this.#tokens.peekNonSpace().kind !== "end of text") {
      const node = this.#textOrAction();
      if (typeof node === "string") {
        this.#depth--;
        return { nodes, end: node };
      }
      nodes.push(node);
    }
    throw this.#tokens.error("unexpected EOF");
  }

  #textOrAction(): Node | "end" | "else" {
    const token = this.#tokens.nextNonSpace();
    if (token.kind === "text") return { kind: "text", start: token.start, text: token.text };
    if (token.kind !== "left delimiter") throw this.#tokens.unexpected(token, "input");
    this.#tokens.actionLine = token.line;
    const node = this.#action();
    this.#tokens.actionLine = 0;
    return node;
  }

  #action(): Node | "end" | "else" {
    const start = this.#tokens.at;
    const token = this.#tokens.nextNonSpace();
    if (token.kind === "keyword") {
      switch (token.text) {
        case "break":
        case "continue":
          return this.#jump(token, token.text);
        case "if":
        case "with":
        case "range":
          return this.#branch(token.text);
        case "block":
          return this.#block();
        case "template":
          return this.#template();
        case "else":
          return this.#else();
        case "end":
          this.#tokens.expect("right delimiter", "end");
          return "end";
      }
    }
    this.#tokens.at = start;
    const first = this.#tokens.peekNonSpace();
    return { kind: "action", start: first.start, pipe: this.#pipeline("command", "right delimiter") };
  }

  #jump({ start }: Token, kind: "break" | "continue"): Node {
    const token = this.#tokens.nextNonSpace();
    if (token.kind !== "right delimiter") throw this.#tokens.unexpected(token, `{{${kind}}}`);
    if (this.#rangeDepth === 0) throw this.#tokens.error(`{{${kind}}} outside {{range}}`);
    return { kind, start };
  }

  /** `else if` and `else with` leave their keyword for the branch they belong to. */
  #else(): "else" {
    const token = this.#tokens.peekNonSpace();
    if (!isKeyword(token, "if") && !isKeyword(token, "with")) this.#tokens.expect("right delimiter", "else");
    return "else";
  }

  #branch(kind: BranchNode["kind"]): BranchNode {
    const variables = this.#variables.length;
    const pipe = this.#pipeline(kind, "right delimiter");
    if (kind === "range") this.#rangeDepth++;
    const { nodes: body, end } = this.#body();
    if (kind === "range") this.#rangeDepth--;
    const otherwise = end === "else" ? this.#otherwise(kind) : undefined;
    this.#variables.length = variables;
    return { kind, start: pipe.start, pipe, body, otherwise };
  }

  #otherwise(kind: BranchNode["kind"]): readonly Node[] {
    if (kind !== "range" && isKeyword(this.#tokens.peek(), kind)) {
      this.#tokens.next();
      if (++this.#depth > MAX_DEPTH) throw this.#tokens.error("max nesting depth exceeded");
      const nested = [this.#branch(kind)];
      this.#depth--;
      return nested;
    }
    const { nodes, end } = this.#body();
    if (end !== "end") throw this.#tokens.error(`expected end; found {{${end}}}`);
    return nodes;
  }

  #block(): TemplateNode {
    const context = "block clause";
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, "right delimiter");
    this.#inTemplate(name, context);
    return { kind: "template", start: token.start, name, pipe };
  }

  #template(): TemplateNode {
    const context = "template clause";
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const before = this.#tokens.at;
    if (this.#tokens.nextNonSpace().kind === "right delimiter") {
      return { kind: "template", start: token.start, name, pipe: undefined };
    }
    this.#tokens.at = before;
    return { kind: "template", start: token.start, name, pipe: this.#pipeline(context, "right delimiter") };
  }

  #templateName(token: Token, context: string): ByteString {
    if (token.kind === "string" || token.kind === "raw string") return this.#unquoted(token);
    throw this.#tokens.unexpected(token, context);
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const { start } = this.#tokens.peekNonSpace();
    const { variables, isAssignment } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const before = this.#tokens.at;
      const token = this.#tokens.nextNonSpace();
      if (token.kind === end) break;
      if (!OPERAND_STARTS.has(token.kind)) throw this.#tokens.unexpected(token, context);
      this.#tokens.at = before;
      commands.push(this.#command());
    }
    if (commands.length === 0) throw this.#tokens.error(`missing value for ${context}`);
    const wrong = commands.findIndex(({ args }, i) => i > 0 && CONSTANTS.has(args[0].kind));
    if (wrong > 0) throw this.#tokens.error(`non executable command in pipeline stage ${wrong + 1}`);
    return { kind: "pipe", start, variables, isAssignment, commands };
  }

  #declarations(context: string): { readonly variables: ByteString[]; readonly isAssignment: boolean } {
    const variables: ByteString[] = [];
    for (;;) {
      const variable = this.#tokens.peekNonSpace();
      if (variable.kind !== "variable") break;
      const before = this.#tokens.at;
      this.#tokens.nextNonSpace();
      this.#tokens.peek();
      const next = this.#tokens.peekNonSpace();
      const isComma = next.kind === "char" && next.text === ",";
      if (next.kind !== "assign" && next.kind !== "declare" && !isComma) {
        this.#tokens.at = before;
        break;
      }
      this.#tokens.nextNonSpace();
      variables.push(variable.text);
      this.#variables.push(variable.text);
      if (!isComma) return { variables, isAssignment: next.kind === "assign" };
      if (context !== "range" || variables.length > 1)
        throw this.#tokens.error(`too many declarations in ${context}`);
      const after = this.#tokens.peekNonSpace().kind;
      if (after === "variable" || after === "right delimiter" || after === "right paren") continue;
      throw this.#tokens.error("range can only initialize variables");
    }
    return { variables, isAssignment: false };
  }

  #command(): CommandNode {
    const { start } = this.#tokens.peekNonSpace();
    const args: Operand[] = [];
    for (;;) {
      this.#tokens.peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const before = this.#tokens.at;
      const token = this.#tokens.next();
      if (token.kind === "space") continue;
      if (token.kind === "right delimiter" || token.kind === "right paren") this.#tokens.at = before;
      else if (token.kind !== "pipe") throw this.#tokens.unexpected(token, "operand");
      break;
    }
    if (args.length === 0) throw this.#tokens.error("empty command");
    return { kind: "command", start, args };
  }

  /** A term and the fields after it. */
  #operand(): Operand | undefined {
    const node = this.#term();
    if (node === undefined || this.#tokens.peek().kind !== "field") return node;
    const { start } = this.#tokens.peek();
    const names: ByteString[] = [];
    while (this.#tokens.peek().kind === "field") names.push(this.#tokens.next().text.slice(1));
    switch (node.kind) {
      case "field":
      case "variable":
        return { ...node, start, names: [...node.names, ...names] };
      case "identifier":
      case "pipe":
      case "chain":
        return { kind: "chain", start, node, names };
      default:
        throw this.#tokens.error(`unexpected . after term ${quote(printConstant(node))}`);
    }
  }

  #term(): Operand | undefined {
    const before = this.#tokens.at;
    const token = this.#tokens.nextNonSpace();
    const { start, text } = token;
    switch (token.kind) {
      case "identifier":
        if (!this.#isFunction(text)) throw this.#tokens.error(`function ${quote(text)} not defined`);
        return { kind: "identifier", start, name: text };
      case "dot":
      case "nil":
        return { kind: token.kind, start };
      case "variable":
        if (!this.#variables.includes(text)) throw this.#tokens.error(`undefined variable ${quote(text)}`);
        return { kind: "variable", start, names: [text] };
      case "field":
        return { kind: "field", start, names: [text.slice(1)] };
      case "bool":
        return { kind: text === "true" ? "true" : "false", start };
      case "character constant":
      case "complex":
      case "number": {
        const number = parseNumberToken(token);
        if ("problem" in number) throw this.#tokens.error(number.problem);
        return number;
      }
      case "left paren": {
        if (++this.#depth > MAX_DEPTH) throw this.#tokens.error("max expression depth exceeded");
        const pipe = this.#pipeline("parenthesized pipeline", "right paren");
        this.#depth--;
        return pipe;
      }
      case "string":
      case "raw string":
        return { kind: "string", start, quoted: text, text: this.#unquoted(token) };
    }
    this.#tokens.at = before;
    return undefined;
  }

  #unquoted({ text }: Token): ByteString {
    const value = unquote(text);
    if (value === undefined) throw this.#tokens.error("invalid syntax");
    return value;
  }
}

function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === "text" && /^[\t\n\v\f\r ]*$/.test(node.text));
}

function printConstant(node: Operand): ByteString {
  if (node.kind === "string") return node.quoted;
  if (node.kind === "number") return node.text;
  return node.kind === "dot" ? "." : node.kind;
}

function isKeyword(token: Token, word: string): boolean {
  return token.kind === "keyword" && token.text === word;
}
