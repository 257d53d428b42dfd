/**
 * Values between operators: columns with a cell for every step. Columns are immutable once made.
 */
import type { Histogram } from "../../model/histogram.ts";
import type { LabelSet } from "../../model/labels.ts";

/** Kinds of cells. */
export const ABSENT = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/** A series of an instant vector at every step. */
export interface StepSeries {
  readonly labels: LabelSet;
  /** Whether only the result drops the name (delayed name removal). */
  readonly dropsName: boolean;
  /** `ABSENT`, `FLOAT` or `HISTOGRAM` for each step. */
  readonly kinds: Uint8Array;
  /** Valid where the kind is `FLOAT`. */
  readonly values: Float64Array;
  /** Valid where the kind is `HISTOGRAM`; undefined if that is nowhere. */
  readonly histograms: (Histogram | undefined)[] | undefined;
}

export interface VectorValue {
  readonly type: "vector";
  /** With one step, in the order of the result. */
  readonly series: readonly StepSeries[];
}

export interface ScalarValue {
  readonly type: "scalar";
  readonly values: Float64Array;
}

export interface TextValue {
  readonly type: "string";
  readonly value: string;
}

export type Value = VectorValue | ScalarValue | TextValue;

export function vectorOf(series: readonly StepSeries[]): VectorValue {
  return { type: "vector", series };
}

/** Whether a series has a sample. */
export function isPopulated({ kinds }: Pick<StepSeries, "kinds">): boolean {
  for (let i = 0; i < kinds.length; i++) if (kinds[i] !== ABSENT) return true;
  return false;
}

export function asVector(value: Value): VectorValue {
  if (value.type !== "vector") throw new TypeError(`a vector was expected, not a ${value.type}`);
  return value;
}

export function asScalar(value: Value): ScalarValue {
  if (value.type !== "scalar") throw new TypeError(`a scalar was expected, not a ${value.type}`);
  return value;
}

export function asText(value: Value): string {
  if (value.type !== "string") throw new TypeError(`a string was expected, not a ${value.type}`);
  return value.value;
}
