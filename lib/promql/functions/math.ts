/** Functions of numbers. */
import {
  type FunctionCall,
  mapFloats,
  scalarArg,
  type VectorFunction,
  type VectorFunctions,
  vectorArg,
} from "./function-call.ts";

function ofFloats(map: (value: number) => number): VectorFunction {
  return (call) => mapFloats(call, vectorArg(call, 0), map);
}

/** As in Go: an infinity that decides wins over NaN. */
function maxOf(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

function minOf(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}

/** To the nearest multiple, ties up. Dividing by the inverse loses less than multiplying. */
function round(call: FunctionCall): ReturnType<VectorFunction> {
  const nearest = call.plan.args.length > 1 ? scalarArg(call, 1) : undefined;
  return mapFloats(call, vectorArg(call, 0), (value, step) => {
    const inverse = 1 / (nearest?.[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  });
}

function clampBetween(call: FunctionCall, min: Float64Array | number, max: Float64Array | number) {
  const at = (bound: Float64Array | number, step: number) =>
    typeof bound === "number" ? bound : bound[step];
  const series = vectorArg(call, 0).map((one) => {
    const isImpossible = (step: number) => at(max, step) < at(min, step);
    return one.kinds.some((_, step) => isImpossible(step))
      ? { ...one, kinds: one.kinds.map((kind, step) => (isImpossible(step) ? 0 : kind)) }
      : one;
  });
  return mapFloats(call, series, (value, step) => maxOf(at(min, step), minOf(at(max, step), value)));
}

function scalarOf(combine: (a: number, b: number) => number): VectorFunction {
  return (call) => {
    const [a, b] = [scalarArg(call, 0), scalarArg(call, 1)];
    return { type: "scalar", values: a.map((value, step) => combine(value, b[step])) };
  };
}

export const MATH_FUNCTIONS = {
  abs: ofFloats(Math.abs),
  acos: ofFloats(Math.acos),
  acosh: ofFloats(Math.acosh),
  asin: ofFloats(Math.asin),
  asinh: ofFloats(Math.asinh),
  atan: ofFloats(Math.atan),
  atanh: ofFloats(Math.atanh),
  ceil: ofFloats(Math.ceil),
  clamp: (call) => clampBetween(call, scalarArg(call, 1), scalarArg(call, 2)),
  clamp_max: (call) => clampBetween(call, -Infinity, scalarArg(call, 1)),
  clamp_min: (call) => clampBetween(call, scalarArg(call, 1), Infinity),
  cos: ofFloats(Math.cos),
  cosh: ofFloats(Math.cosh),
  deg: ofFloats((value) => value * (180 / Math.PI)),
  exp: ofFloats(Math.exp),
  floor: ofFloats(Math.floor),
  ln: ofFloats(Math.log),
  log2: ofFloats(Math.log2),
  log10: ofFloats(Math.log10),
  max_of: scalarOf(maxOf),
  min_of: scalarOf(minOf),
  pi: ({ grid }) => ({ type: "scalar", values: new Float64Array(grid.steps).fill(Math.PI) }),
  rad: ofFloats((value) => value * (Math.PI / 180)),
  round,
  sgn: ofFloats((value) => (value < 0 ? -1 : value > 0 ? 1 : value)),
  sin: ofFloats(Math.sin),
  sinh: ofFloats(Math.sinh),
  sqrt: ofFloats(Math.sqrt),
  tan: ofFloats(Math.tan),
  tanh: ofFloats(Math.tanh),
} satisfies VectorFunctions;
