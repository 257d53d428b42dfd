/** A function that templates may call. */
import type { MaybeValue, Signature } from "../value/types.ts";
import type { Meter } from "./limits.ts";

export interface TemplateFunction extends Signature {
  /** Throws `CallError` for what Go returns as an error. */
  readonly call: (args: readonly MaybeValue[], meter: Meter) => MaybeValue;
}

export type FunctionMap = ReadonlyMap<string, TemplateFunction>;
