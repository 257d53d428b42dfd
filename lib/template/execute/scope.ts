/** One template under execution: its variables, and the node that an error points at. */
import type { Place } from "../syntax/nodes.ts";
import type { ByteString } from "../text/byte-string.ts";
import type { MaybeValue } from "../value/types.ts";

interface Variable {
  readonly name: ByteString;
  value: MaybeValue;
}

export class Scope {
  /** Of the template, for errors. */
  readonly template: ByteString;
  readonly depth: number;
  /** The node under evaluation. */
  at: Place | undefined;
  readonly #variables: Variable[];

  constructor(template: ByteString, depth: number, dot: MaybeValue) {
    this.template = template;
    this.depth = depth;
    this.#variables = [{ name: "$", value: dot }];
  }

  get mark(): number {
    return this.#variables.length;
  }

  /** Forgets the variables since a mark. */
  release(mark: number): void {
    this.#variables.length = mark;
  }

  declare(name: ByteString, value: MaybeValue): void {
    this.#variables.push({ name, value });
  }

  /** Whether there is such a variable. */
  assign(name: ByteString, value: MaybeValue): boolean {
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (found !== undefined) found.value = value;
    return found !== undefined;
  }

  /** Of the variable declared last, or the one before it. */
  assignTop(fromTop: number, value: MaybeValue): void {
    this.#variables[this.#variables.length - fromTop].value = value;
  }

  value(name: ByteString): MaybeValue {
    return this.#variables.findLast((variable) => variable.name === name)?.value;
  }
}
