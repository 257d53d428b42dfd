/** The types of PromQL values. */
export type ValueType = "scalar" | "string" | "vector" | "matrix";

/** Modifiers that decide how the boundaries of a range are made. */
export type ExtendedRange = "anchored" | "smoothed";

/** The times of a query, in ms. */
export interface QueryTimes {
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
}
