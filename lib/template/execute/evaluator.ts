/** Evaluates pipelines: commands, fields, methods and function calls, with the checks that Go's reflection makes. */
import type {
  ChainNode,
  CommandNode,
  FieldNode,
  IdentifierNode,
  NumberNode,
  Operand,
  PipeNode,
  Place,
  VariableNode,
} from "../syntax/nodes.ts";
import { printNode } from "../syntax/nodes.ts";
import type { ParsedTemplate } from "../syntax/parser.ts";
import type { ByteString } from "../text/byte-string.ts";
import { quote } from "../text/quote.ts";
import {
  ANY,
  bool,
  CallError,
  COMPLEX128,
  canBeNil,
  entriesOf,
  float,
  type GoType,
  indirect,
  int,
  isAssignable,
  isTrue,
  type MaybeValue,
  NIL_ANY,
  REFLECT_VALUE,
  type Signature,
  string,
  targetOf,
  type Value,
  withoutInterface,
  zeroOf,
} from "../value/types.ts";
import { BUILTINS, callError } from "./builtins.ts";
import { executionError, type TemplateExecutionError } from "./errors.ts";
import type { FunctionMap } from "./function.ts";
import type { Meter } from "./limits.ts";
import type { Scope } from "./scope.ts";

/** No value comes from the pipeline: the command is its first. */
const NONE = Symbol("none");
type Final = MaybeValue | typeof NONE;

interface Callable extends Signature {
  readonly call: (args: readonly MaybeValue[]) => MaybeValue;
}

/** Whether a member is declared as `interface {}`: errors name that, and not the type of what is in it. */
function holdsAny(receiver: MaybeValue, name: ByteString): boolean {
  const { value } = indirect(receiver);
  return value?.type.elem === ANY || (value?.type.kind === "struct" && name === "Value");
}

export class Evaluator {
  readonly #parsed: ParsedTemplate;
  readonly #functions: FunctionMap;
  readonly #meter: Meter;

  constructor(parsed: ParsedTemplate, functions: FunctionMap, meter: Meter) {
    this.#parsed = parsed;
    this.#functions = functions;
    this.#meter = meter;
  }

  error(scope: Scope, message: string): TemplateExecutionError {
    return executionError(this.#parsed, scope, message);
  }

  pipeline(scope: Scope, dot: MaybeValue, pipe: PipeNode): MaybeValue {
    scope.at = pipe;
    let value: Final = NONE;
    for (const command of pipe.commands) {
      this.#meter.step();
      value = withoutInterface(this.#command(scope, dot, command, value));
    }
    const result = value === NONE ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.assign(scope, name, result);
      else scope.declare(name, result);
    }
    return result;
  }

  /** The parser lets `$x = 1` pass without a declaration. */
  assign(scope: Scope, name: ByteString, value: MaybeValue): void {
    if (!scope.assign(name, value)) throw this.error(scope, `undefined variable: ${name}`);
  }

  #command(scope: Scope, dot: MaybeValue, command: CommandNode, final: Final): MaybeValue {
    const [first] = command.args;
    switch (first.kind) {
      case "field":
        return this.#field(scope, dot, first, command.args, final);
      case "chain":
        return this.#chain(scope, dot, first, command.args, final);
      case "identifier":
        return this.#function(scope, dot, first, command, command.args, final);
      case "pipe":
        this.#expectNoArguments(scope, command.args, final);
        return this.pipeline(scope, dot, first);
      case "variable":
        return this.#variable(scope, dot, first, command.args, final);
    }
    scope.at = first;
    this.#expectNoArguments(scope, command.args, final);
    switch (first.kind) {
      case "true":
      case "false":
        return bool(first.kind === "true");
      case "dot":
        return dot;
      case "nil":
        throw this.error(scope, "nil is not a command");
      case "number":
        return this.#constant(scope, first);
      case "string":
        return string(first.text);
    }
  }

  #expectNoArguments(scope: Scope, args: readonly Operand[], final: Final): void {
    if (args.length <= 1 && final === NONE) return;
    throw this.error(scope, `can't give argument to non-function ${printNode(args[0])}`);
  }

  /** A number whose type nothing but its syntax tells. */
  #constant(scope: Scope, node: NumberNode): Value {
    scope.at = node;
    if (node.complex !== undefined) return { type: COMPLEX128, data: node.complex };
    const { text } = node;
    const isHexInteger = /^0x/i.test(text) && text.length > 2 && !/p/i.test(text);
    if (node.float !== undefined && !isHexInteger && !text.startsWith("'") && /[.eEpP]/.test(text)) {
      return float(node.float);
    }
    if (node.int !== undefined) return int(node.int);
    throw this.error(scope, `${text} overflows int`);
  }

  #field(scope: Scope, dot: MaybeValue, node: FieldNode, args: readonly Operand[], final: Final): MaybeValue {
    scope.at = node;
    return this.#fields(scope, dot, dot, node, node.names, args, final);
  }

  #chain(scope: Scope, dot: MaybeValue, node: ChainNode, args: readonly Operand[], final: Final): MaybeValue {
    scope.at = node;
    const value = this.#argument(scope, dot, undefined, node.node);
    return this.#fields(scope, dot, value, node, node.names, args, final);
  }

  #variable(
    scope: Scope,
    dot: MaybeValue,
    node: VariableNode,
    args: readonly Operand[],
    final: Final,
  ): MaybeValue {
    scope.at = node;
    const value = scope.value(node.names[0]);
    if (node.names.length > 1) return this.#fields(scope, dot, value, node, node.names.slice(1), args, final);
    this.#expectNoArguments(scope, args, final);
    return value;
  }

  /** Only the last one, if it is a method, gets the arguments. */
  #fields(
    scope: Scope,
    dot: MaybeValue,
    receiver: MaybeValue,
    node: Place,
    names: readonly ByteString[],
    args: readonly Operand[],
    final: Final,
  ): MaybeValue {
    let value = receiver;
    let isAny = false;
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1;
      const typeName = isAny ? ANY.name : (value?.type.name ?? "");
      isAny = holdsAny(value, name);
      value = this.#member(
        scope,
        dot,
        name,
        node,
        isLast ? args : [],
        isLast ? final : NONE,
        value,
        typeName,
      );
    }
    return value;
  }

  #member(
    scope: Scope,
    dot: MaybeValue,
    name: ByteString,
    node: Place,
    args: readonly Operand[],
    final: Final,
    receiver: MaybeValue,
    typeName: string,
  ): MaybeValue {
    if (receiver === undefined) return undefined;
    const { value, isNil } = indirect(receiver);
    if (value === undefined || (isNil && value.type.kind === "interface")) {
      throw this.error(scope, `nil pointer evaluating ${typeName}.${name}`);
    }
    const method = value.type.methods?.get(name);
    if (method !== undefined) {
      const bound = { ...method, call: (given: readonly MaybeValue[]) => method.call(value, given) };
      return this.#call(scope, dot, bound, node, name, args, final);
    }
    const hasArguments = args.length > 1 || final !== NONE;
    if (value.type.kind === "struct" && value.type.fields?.includes(name)) {
      if (hasArguments) throw this.error(scope, `${name} has arguments but cannot be invoked as function`);
      return entriesOf(value).get(name);
    }
    if (value.type.kind === "map") {
      if (hasArguments) throw this.error(scope, `${name} is not a method but has arguments`);
      return entriesOf(value).get(name) ?? zeroOf(value.type.elem!);
    }
    if (isNil && value.type.elem?.fields?.includes(name)) {
      throw this.error(scope, `nil pointer evaluating ${typeName}.${name}`);
    }
    throw this.error(scope, `can't evaluate field ${name} in type ${typeName}`);
  }

  #function(
    scope: Scope,
    dot: MaybeValue,
    node: IdentifierNode,
    place: Place,
    args: readonly Operand[],
    final: Final,
  ): MaybeValue {
    scope.at = node;
    const { name } = node;
    const own = this.#functions.get(name);
    if (own === undefined && (name === "and" || name === "or")) {
      return this.#logic(scope, dot, name, args.slice(1), final);
    }
    const found = own ?? BUILTINS.get(name);
    if (found === undefined) throw this.error(scope, `${quote(name)} is not a defined function`);
    const callable: Callable = { ...found, call: (given) => found.call(given, this.#meter) };
    if (own !== undefined || name !== "call")
      return this.#call(scope, dot, callable, place, name, args, final);
    const callee = args.length > 1 ? printNode(args[1]) : "<reflect.Value Value>";
    const refuse = ([value]: readonly MaybeValue[]) => {
      throw callError(callee, value);
    };
    return this.#call(scope, dot, { ...callable, call: refuse }, place, name, args, final);
  }

  /** `and` and `or` evaluate arguments until one decides. */
  #logic(
    scope: Scope,
    dot: MaybeValue,
    name: "and" | "or",
    args: readonly Operand[],
    final: Final,
  ): MaybeValue {
    if (args.length === 0 && final === NONE) {
      throw this.error(scope, `wrong number of args for ${name}: want at least 1 got 0`);
    }
    let value: MaybeValue;
    for (const arg of args) {
      value = this.#argument(scope, dot, REFLECT_VALUE, arg);
      if (isTrue(withoutInterface(value)) === (name === "or")) return value;
    }
    return final === NONE ? value : final;
  }

  #call(
    scope: Scope,
    dot: MaybeValue,
    callable: Callable,
    place: Place,
    name: ByteString,
    allArgs: readonly Operand[],
    final: Final,
  ): MaybeValue {
    const args = allArgs.slice(1);
    const { params, variadic } = callable;
    const count = args.length + (final === NONE ? 0 : 1);
    if (variadic !== undefined && count < params.length) {
      const want = `want at least ${params.length} got ${args.length}`;
      throw this.error(scope, `wrong number of args for ${name}: ${want}`);
    }
    if (variadic === undefined && count !== params.length) {
      throw this.error(scope, `wrong number of args for ${name}: want ${params.length} got ${count}`);
    }
    if (callable.unfit !== undefined) throw this.error(scope, callable.unfit(name));
    const given = args.map((arg, i) => this.#argument(scope, dot, params[i] ?? variadic, arg));
    if (final !== NONE) given.push(this.#validated(scope, final, params[count - 1] ?? variadic));
    try {
      for (const one of given) this.#meter.spendText(textLength(one));
      const result = callable.call(given);
      this.#meter.checkSize(textLength(result));
      this.#meter.spendText(textLength(result));
      return result;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      scope.at = place;
      throw this.error(scope, `error calling ${name}: ${error.message}`);
    }
  }

  /** The value as the type, where Go assigns it or one dereference makes it so. */
  #validated(scope: Scope, value: MaybeValue, type: GoType | undefined): MaybeValue {
    if (type === undefined || type === REFLECT_VALUE) return value;
    if (value === undefined) {
      if (canBeNil(type)) return type === ANY ? undefined : zeroOf(type);
      throw this.error(scope, `invalid value; expected ${type.name}`);
    }
    if (value === NIL_ANY && type === ANY) return undefined;
    if (isAssignable(value.type, type)) return value;
    if (
      value.type.kind === "pointer" &&
      value.type.elem !== undefined &&
      isAssignable(value.type.elem, type)
    ) {
      const target = targetOf(value);
      if (target === undefined) throw this.error(scope, `dereference of nil pointer of type ${type.name}`);
      return target;
    }
    throw this.error(scope, `wrong type for value; expected ${type.name}; got ${value.type.name}`);
  }

  /** An argument for a parameter; without a type as it is. */
  #argument(scope: Scope, dot: MaybeValue, type: GoType | undefined, node: Operand): MaybeValue {
    this.#meter.step();
    scope.at = node;
    switch (node.kind) {
      case "dot":
        return this.#validated(scope, dot, type);
      case "nil":
        if (type === undefined || canBeNil(type))
          return type === ANY || type === undefined ? undefined : zeroOf(type);
        throw this.error(scope, `cannot assign nil to ${type.name}`);
      case "field":
        return this.#validated(scope, this.#field(scope, dot, node, [node], NONE), type);
      case "variable":
        return this.#validated(scope, this.#variable(scope, dot, node, [], NONE), type);
      case "pipe":
        return this.#validated(scope, this.pipeline(scope, dot, node), type);
      case "identifier":
        return this.#validated(scope, this.#function(scope, dot, node, node, [], NONE), type);
      case "chain":
        return this.#validated(scope, this.#chain(scope, dot, node, [], NONE), type);
      default:
        return this.#literal(scope, type!, node);
    }
  }

  #literal(scope: Scope, type: GoType, node: Operand): Value {
    if (type === ANY || type === REFLECT_VALUE) {
      if (node.kind === "number") return this.#constant(scope, node);
      return node.kind === "string" ? string(node.text) : bool(node.kind === "true");
    }
    const number = node.kind === "number" ? node : undefined;
    switch (type.kind) {
      case "bool":
        if (node.kind === "true" || node.kind === "false") return { type, data: node.kind === "true" };
        throw this.error(scope, `expected bool; found ${printNode(node)}`);
      case "string":
        if (node.kind === "string") return { type, data: node.text };
        throw this.error(scope, `expected string; found ${printNode(node)}`);
      case "int":
        if (number?.int !== undefined) return { type, data: number.int };
        throw this.error(scope, `expected integer; found ${printNode(node)}`);
      case "uint":
        if (number?.uint !== undefined) return { type, data: number.uint };
        throw this.error(scope, `expected unsigned integer; found ${printNode(node)}`);
      case "float":
        if (number?.float !== undefined) return { type, data: number.float };
        throw this.error(scope, `expected float; found ${printNode(node)}`);
      default:
        throw this.error(scope, `can't handle ${printNode(node)} for arg of type ${type.name}`);
    }
  }
}

function textLength(value: MaybeValue): number {
  return value?.type.kind === "string" ? (value.data as ByteString).length : 0;
}
