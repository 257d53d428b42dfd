/** Executes a parsed template, as Go's text/template does. */
import { noFlags } from "../format/flags.ts";
import { printArgument, printableValue } from "../format/printer.ts";
import type { ActionNode, BranchNode, Node, TemplateNode } from "../syntax/nodes.ts";
import type { ParsedTemplate } from "../syntax/parser.ts";
import type { ByteString } from "../text/byte-string.ts";
import { quote } from "../text/quote.ts";
import {
  elementsOf,
  indirect,
  int,
  integerOf,
  isTrue,
  type MaybeValue,
  sortedEntries,
  string,
  type Value,
  withoutInterface,
} from "../value/types.ts";
import { Evaluator } from "./evaluator.ts";
import type { FunctionMap } from "./function.ts";
import type { Meter } from "./limits.ts";
import { Scope } from "./scope.ts";

type Jump = "break" | "continue" | undefined;

/** The output. Throws `TemplateExecutionError`, and `LimitError` of the meter. */
export function executeTemplate(
  parsed: ParsedTemplate,
  functions: FunctionMap,
  data: MaybeValue,
  meter: Meter,
): ByteString {
  const execution = new Execution(parsed, functions, meter);
  execution.run(parsed.name, data);
  return execution.output;
}

class Execution {
  output: ByteString = "";
  readonly #parsed: ParsedTemplate;
  readonly #meter: Meter;
  readonly #evaluator: Evaluator;

  constructor(parsed: ParsedTemplate, functions: FunctionMap, meter: Meter) {
    this.#parsed = parsed;
    this.#meter = meter;
    this.#evaluator = new Evaluator(parsed, functions, meter);
  }

  run(name: ByteString, data: MaybeValue): void {
    this.#walk(new Scope(name, 0, data), data, this.#parsed.trees.get(name)?.nodes ?? []);
  }

  #write(text: ByteString): void {
    this.output += text;
    this.#meter.checkSize(this.output.length);
  }

  #walk(scope: Scope, dot: MaybeValue, nodes: readonly Node[]): Jump {
    for (const node of nodes) {
      const jump = this.#node(scope, dot, node);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #node(scope: Scope, dot: MaybeValue, node: Node): Jump {
    this.#meter.step();
    scope.at = node;
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "action":
        this.#action(scope, dot, node);
        return undefined;
      case "if":
      case "with":
        return this.#branch(scope, dot, node);
      case "range":
        return this.#range(scope, dot, node);
      case "template":
        this.#template(scope, dot, node);
        return undefined;
      case "break":
      case "continue":
        return node.kind;
    }
  }

  #action(scope: Scope, dot: MaybeValue, node: ActionNode): void {
    const value = this.#evaluator.pipeline(scope, dot, node.pipe);
    if (node.pipe.variables.length > 0) return;
    scope.at = node;
    const shown = printableValue(value);
    this.#write(printArgument(shown === "no value" ? string("<no value>") : shown, "v", noFlags()));
  }

  #branch(scope: Scope, dot: MaybeValue, node: BranchNode): Jump {
    const { mark } = scope;
    const value = this.#evaluator.pipeline(scope, dot, node.pipe);
    const isChosen = isTrue(withoutInterface(value));
    const jump = isChosen
      ? this.#walk(scope, node.kind === "with" ? value : dot, node.body)
      : this.#walk(scope, dot, node.otherwise ?? []);
    scope.release(mark);
    return jump;
  }

  #range(scope: Scope, dot: MaybeValue, node: BranchNode): Jump {
    const outer = scope.mark;
    const { value } = indirect(this.#evaluator.pipeline(scope, dot, node.pipe));
    const inner = scope.mark;
    let isEmpty = true;
    for (const [key, item] of this.#items(scope, node, value)) {
      isEmpty = false;
      this.#meter.step();
      this.#setRangeVariables(scope, node, key, item);
      const jump = this.#walk(scope, item, node.body);
      scope.release(inner);
      if (jump === "break") break;
    }
    const jump = isEmpty ? this.#walk(scope, dot, node.otherwise ?? []) : undefined;
    scope.release(outer);
    return jump;
  }

  *#items(scope: Scope, { pipe }: BranchNode, value: MaybeValue): Generator<[MaybeValue, MaybeValue]> {
    switch (value?.type.kind) {
      case undefined:
        return;
      case "int":
      case "uint": {
        if (pipe.variables.length > 1) {
          const text = printArgument(value, "v", noFlags());
          throw this.#evaluator.error(scope, `can't use ${text} to iterate over more than one variable`);
        }
        const { type } = value as Value;
        for (let i = 0n; i < integerOf(value as Value); i++) yield [undefined, { type, data: i }];
        return;
      }
      case "slice":
        for (const [i, item] of elementsOf(value as Value).entries()) yield [int(i), item];
        return;
      case "map":
        for (const [key, item] of sortedEntries(value as Value)) yield [string(key), item];
        return;
      case "interface":
        throw this.#evaluator.error(scope, "range can't iterate over <nil>");
      default:
        throw this.#evaluator.error(
          scope,
          `range can't iterate over ${printArgument(value, "v", noFlags())}`,
        );
    }
  }

  /** With one variable it is the item, with two the first is the index or the key. */
  #setRangeVariables(scope: Scope, { pipe }: BranchNode, key: MaybeValue, item: MaybeValue): void {
    const { variables, isAssignment } = pipe;
    if (variables.length === 0) return;
    if (isAssignment) {
      this.#evaluator.assign(scope, variables[0], variables.length > 1 ? key : item);
      if (variables.length > 1) this.#evaluator.assign(scope, variables[1], item);
      return;
    }
    scope.assignTop(1, item);
    if (variables.length > 1) scope.assignTop(2, key);
  }

  #template(scope: Scope, dot: MaybeValue, node: TemplateNode): void {
    const tree = this.#parsed.trees.get(node.name);
    if (tree === undefined) throw this.#evaluator.error(scope, `template ${quote(node.name)} not defined`);
    const { depth } = this.#meter.limits;
    if (scope.depth === depth) {
      throw this.#evaluator.error(scope, `exceeded maximum template depth (${depth})`);
    }
    const value = node.pipe === undefined ? undefined : this.#evaluator.pipeline(scope, dot, node.pipe);
    this.#walk(new Scope(node.name, scope.depth + 1, value), value, tree.nodes);
  }
}
