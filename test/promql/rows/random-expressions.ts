/** Random expressions whose window edges all lie on hours, with every function, modifier and kind of nesting. */

import { HOUR_MS } from "../../../lib/model/time.ts";
import { FUNCTION_NAMES, type FunctionName, factsOf } from "../../../lib/promql/syntax/functions.ts";
import type { Random } from "../../simulation/random.ts";
import { START } from "../../storage/rollups/written-samples.ts";

const isOfRanges = (name: FunctionName) => factsOf(name).argTypes.includes("matrix");
/** Functions of one range vector, and of one instant vector. */
const RANGE_FUNCTIONS = FUNCTION_NAMES.filter(
  (name) => isOfRanges(name) && factsOf(name).argTypes.length === 1,
);
const VECTOR_FUNCTIONS = FUNCTION_NAMES.filter(
  (name) =>
    factsOf(name).argTypes.length === 1 && factsOf(name).argTypes[0] === "vector" && name !== "scalar",
);

export class AlignedExpressions {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  vector(depth: number): string {
    const random = this.#random;
    const roll = depth <= 0 ? random.next() * 0.45 : random.next();
    if (roll < 0.08) return this.#selector();
    if (roll < 0.4) return this.#ofRange(`${this.#name()}[${this.#hours()}h]${this.#modifiers()}`);
    if (roll < 0.45)
      return `${random.pick(["rate", "increase", "delta", "changes", "resets"])}(${this.#name()}[${this.#hours()}h] ${random.pick(["anchored", "smoothed", ""])}${this.#modifiers()})`.replace(
        /(changes|resets)\((.*)smoothed/,
        "$1($2anchored",
      );
    if (roll < 0.6) {
      const step = random.pick(["1h", "1h", "2h", "3h", "30m"]);
      return this.#ofRange(`(${this.vector(depth - 1)})[${this.#hours()}h:${step}]${this.#modifiers()}`);
    }
    if (roll < 0.75) return this.#aggregation(depth - 1);
    if (roll < 0.85) return `${random.pick(VECTOR_FUNCTIONS)}(${this.vector(depth - 1)})`;
    if (roll < 0.9)
      return `(${this.vector(depth - 1)} ${random.pick(["+", "-", "*"])} ${random.pick(["2", "time()", "0"])})`;
    const [left, right] = [this.vector(depth - 1), this.vector(depth - 1)];
    const operator = random.pick([
      "+ on (x)",
      "- on (x)",
      "and",
      "or",
      "unless",
      "and on (x)",
      "+ ignoring (y)",
    ]);
    return `((${left}) ${operator} (${right}))`;
  }

  #name(): string {
    return this.#random.pick([
      "m",
      "m",
      "n",
      'm{x="0"}',
      '{__name__=~"m|n"}',
      "absent_metric",
      "target_info",
    ]);
  }

  #hours(): number {
    return this.#random.pick([1, 1, 2, 3, 6, 24]);
  }

  #modifiers(): string {
    const random = this.#random;
    const offset = random.chance(0.2) ? ` offset ${random.pick(["1h", "3h", "-2h", "1d"])}` : "";
    const at = random.pick(["start()", "end()", String((START + 9 * HOUR_MS) / 1000)]);
    return `${random.chance(0.15) ? ` @ ${at}` : ""}${offset}`;
  }

  #selector(): string {
    return `${this.#name()}${this.#modifiers()}`;
  }

  #ofRange(range: string): string {
    const random = this.#random;
    const other = random.next();
    if (other < 0.06) return `quantile_over_time(0.9, ${range})`;
    if (other < 0.09) return `predict_linear(${range}, 3600)`;
    if (other < 0.12) return `histogram_quantile(0.9, rate(${range}))`;
    return `${random.pick(RANGE_FUNCTIONS)}(${range})`;
  }

  #aggregation(depth: number): string {
    const random = this.#random;
    const inner = this.vector(depth);
    const grouping = random.pick(["", "", " by (x)", " without (x)", " by (job)"]);
    const roll = random.next();
    if (roll < 0.08) return `topk(1, ${inner})`;
    if (roll < 0.16) return `quantile${grouping}(0.5, ${inner})`;
    if (roll < 0.2) return `count_values${grouping}("v", ${inner})`;
    if (roll < 0.24) return `limitk(1, ${inner})`;
    if (roll < 0.28) return `info(${inner})`;
    return `${random.pick(["sum", "avg", "min", "max", "count", "group", "stddev"])}${grouping}(${inner})`;
  }
}
