/** The functions over instant vectors and scalars, by name. */
import { ABSENCE_FUNCTIONS } from "./absence.ts";
import type { VectorFunction } from "./function-call.ts";
import { HISTOGRAM_FUNCTIONS } from "./histograms.ts";
import { LABEL_FUNCTIONS } from "./labels.ts";
import { MATH_FUNCTIONS } from "./math.ts";
import { SORT_FUNCTIONS } from "./sorting.ts";
import { TIME_FUNCTIONS } from "./time.ts";

export const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map(
  Object.entries({
    ...ABSENCE_FUNCTIONS,
    ...HISTOGRAM_FUNCTIONS,
    ...LABEL_FUNCTIONS,
    ...MATH_FUNCTIONS,
    ...SORT_FUNCTIONS,
    ...TIME_FUNCTIONS,
  }),
);
