/** A random call of every function that there is, with arguments that it has something to say about, mostly. */

import { FUNCTION_NAMES, type FunctionName, factsOf } from "../../../lib/promql/syntax/functions.ts";
import type { ValueType } from "../../../lib/promql/syntax/types.ts";
import type { Expressions, Flavour } from "./expressions.ts";
import { type Tree, treeOf } from "./tree.ts";

/** Those that return a vector: scalars are made elsewhere. */
const FUNCTIONS = FUNCTION_NAMES.filter((name) => factsOf(name).returnType === "vector");

/** What panels are made of is tried more often. */
const USUAL: readonly FunctionName[] = [
  "rate",
  "rate",
  "increase",
  "histogram_quantile",
  "avg_over_time",
  "max_over_time",
  "label_replace",
  "delta",
  "irate",
];

const text = (kind: Tree["kind"], one: string): Tree => ({ kind, parts: [one] });

export function randomCall(expressions: Expressions, depth: number, flavour: Flavour): Tree {
  const { random } = expressions;
  const name = random.chance(0.3) ? random.pick(USUAL) : random.pick(FUNCTIONS);
  return callOf(name, expressions, depth, flavour);
}

function callOf(name: FunctionName, expressions: Expressions, depth: number, flavour: Flavour): Tree {
  const { random } = expressions;
  const { argTypes, variadic } = factsOf(name);
  const special = SPECIAL[name];
  if (special !== undefined) return special(expressions, depth, flavour);
  const inner = name.startsWith("histogram_") ? "histogram" : flavour;
  const required = variadic > 0 ? argTypes.length - 1 : argTypes.length;
  const count = random.between(required, argTypes.length);
  const args = argTypes.slice(0, count).map((type) => argument(type, expressions, depth, inner));
  return treeOf("vector", `${name}(${args.map(() => "#").join(", ")})`, ...args);
}

function argument(type: ValueType, expressions: Expressions, depth: number, flavour: Flavour): Tree {
  switch (type) {
    case "vector":
      return expressions.vector(depth, flavour);
    case "matrix":
      return expressions.range(depth, flavour);
    case "scalar":
      return expressions.scalar(Math.min(depth, 1));
    case "string":
      return text("string", '"job"');
  }
}

type SpecialCall = (expressions: Expressions, depth: number, flavour: Flavour) => Tree;

const QUANTILES = ["0", "0.5", "0.9", "0.99", "1", "0.25", "1.5", "-1", "NaN"];
const STRINGS = ["job", "instance", "new", "label.dot", "__name__", "le"];

const quoted = (one: string) => text("string", JSON.stringify(one));

/** What a quantile of buckets is taken of. */
function bucketVector(expressions: Expressions, depth: number): Tree {
  const { random } = expressions;
  const classic = random.pick(["latency_seconds_bucket", "latency_seconds_bucket", "odd_bucket"]);
  const rates = text("vector", `rate(${classic}[${random.pick(["1m", "5m", "10m"])}])`);
  switch (random.between(0, 6)) {
    case 0:
      return text("vector", classic);
    case 1:
      return rates;
    case 2:
      return treeOf("vector", `sum by (le${random.pick(["", ", job", ", instance"])}) (#)`, rates);
    case 3:
      return treeOf(
        "vector",
        "sum by (job) (#)",
        treeOf("vector", "rate(#)", expressions.range(0, "histogram")),
      );
    default:
      return expressions.vector(depth, random.chance(0.8) ? "histogram" : "any");
  }
}

const SPECIAL: Readonly<Record<string, SpecialCall>> = {
  histogram_quantile: (expressions, depth) => {
    const quantile = expressions.random.chance(0.9)
      ? text("scalar", expressions.random.pick(QUANTILES))
      : expressions.scalar(depth);
    return treeOf("vector", "histogram_quantile(#, #)", quantile, bucketVector(expressions, depth));
  },
  histogram_quantiles: (expressions, depth) => {
    const quantiles = Array.from({ length: expressions.random.between(1, 3) }, () =>
      text("scalar", expressions.random.pick(QUANTILES)),
    );
    const template = `histogram_quantiles(#, ${expressions.random.pick(['"q"', '"job"'])}, ${quantiles.map(() => "#").join(", ")})`;
    return treeOf("vector", template, bucketVector(expressions, depth), ...quantiles);
  },
  histogram_fraction: (expressions, depth) => {
    const { random } = expressions;
    const bounds = [
      random.pick(["-Inf", "0", "0.1", "0.3", "1"]),
      random.pick(["0.2", "1", "5", "Inf", "0.1"]),
    ];
    return treeOf(
      "vector",
      "histogram_fraction(#, #, #)",
      ...bounds.map((one) => text("scalar", one)),
      bucketVector(expressions, depth),
    );
  },
  label_replace: (expressions, depth, flavour) => {
    const { random } = expressions;
    const strings = [
      random.pick(STRINGS),
      random.pick(["$1", "x-$1", "", "$1y", "$2", "const", "$name"]),
      random.pick(STRINGS),
      random.pick(["(.*)", "(a)pi", ".*:(\\d)", "(?P<name>.)(.*)", "none", "", "[bc](.*)"]),
    ];
    return treeOf(
      "vector",
      "label_replace(#, #, #, #, #)",
      expressions.vector(depth, flavour),
      ...strings.map(quoted),
    );
  },
  label_join: (expressions, depth, flavour) => {
    const { random } = expressions;
    const sources = Array.from({ length: random.between(0, 3) }, () => random.pick(STRINGS));
    const strings = [random.pick(STRINGS), random.pick(["", "-", ", "]), ...sources];
    return treeOf(
      "vector",
      `label_join(#, ${strings.map(() => "#").join(", ")})`,
      expressions.vector(depth, flavour),
      ...strings.map(quoted),
    );
  },
  sort_by_label: (expressions, depth, flavour) => sortByLabel("sort_by_label", expressions, depth, flavour),
  sort_by_label_desc: (expressions, depth, flavour) =>
    sortByLabel("sort_by_label_desc", expressions, depth, flavour),
  quantile_over_time: (expressions, depth, flavour) =>
    treeOf(
      "vector",
      "quantile_over_time(#, #)",
      text("scalar", expressions.random.pick(QUANTILES)),
      expressions.range(depth, flavour),
    ),
  predict_linear: (expressions, depth, flavour) =>
    treeOf(
      "vector",
      "predict_linear(#, #)",
      expressions.range(depth, flavour),
      text("scalar", expressions.random.pick(["60", "3600", "-1", "0"])),
    ),
  integral: (expressions, depth, flavour) => {
    const strategy = expressions.random.pick(["", "0", "1", "2", "0.5", "NaN"]);
    const template = strategy === "" ? "integral(##)" : "integral(#, #)";
    return treeOf("vector", template, expressions.range(depth, flavour), text("scalar", strategy));
  },
  double_exponential_smoothing: (expressions, depth, flavour) => {
    const { random } = expressions;
    const factors = [random.pick(["0.5", "0.1", "0.99"]), random.pick(["0.5", "0.3", "0.01"])];
    return treeOf(
      "vector",
      "double_exponential_smoothing(#, #, #)",
      expressions.range(depth, flavour),
      ...factors.map((one) => text("scalar", one)),
    );
  },
  info: (expressions, depth, flavour) => {
    const { random } = expressions;
    const second = random.pick([
      "",
      "",
      '{version=~".+"}',
      '{cluster="eu"}',
      '{__name__="build_info"}',
      '{__name__=~".+_info"}',
      '{__name__=~".+_info", version=~".*"}',
      '{version="none"}',
    ]);
    const template = second === "" ? "info(##)" : "info(#, #)";
    return treeOf("vector", template, expressions.vector(depth, flavour), text("string", second));
  },
  vector: (expressions, depth) => treeOf("vector", "vector(#)", expressions.scalar(depth)),
};

function sortByLabel(name: string, expressions: Expressions, depth: number, flavour: Flavour): Tree {
  const labels = Array.from({ length: expressions.random.between(1, 2) }, () =>
    expressions.random.pick(["job", "instance", "code", "le"]),
  );
  return treeOf(
    "vector",
    `${name}(#, ${labels.map(() => "#").join(", ")})`,
    expressions.vector(depth, flavour),
    ...labels.map(quoted),
  );
}
