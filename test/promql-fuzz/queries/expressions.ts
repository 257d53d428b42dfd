/** Random valid expressions over the metrics of a data set, of every kind that the language has. */
import type { Random } from "../../simulation/random.ts";
import { METRICS, type Metric, type MetricKind, VALUES } from "../data/metrics.ts";
import { randomCall } from "./calls.ts";
import { type Tree, treeOf } from "./tree.ts";

/** What an expression should be made of: most functions have something to say of one kind of metric only. */
export type Flavour = "float" | "histogram" | "any";

const FLAVOURS: Readonly<Record<Flavour, readonly MetricKind[]>> = {
  float: ["counter", "gauge", "edge", "classic", "info"],
  histogram: ["native", "custom"],
  any: ["counter", "gauge", "edge", "classic", "native", "custom", "mixed", "info"],
};

const text = (kind: Tree["kind"], one: string): Tree => ({ kind, parts: [one] });
const DURATIONS = ["1m", "2m", "5m", "90s", "37s", "10m", "30m", "15s", "1h"];
const LONG_DURATIONS = ["5m", "10m", "7m30s", "20m"];
const NUMBERS = [
  "0",
  "1",
  "2",
  "0.5",
  "-1",
  "0.9",
  "100",
  "1e3",
  "3.7",
  "NaN",
  "Inf",
  "-Inf",
  "1e-9",
  "0x1F",
  "5m",
];

/** Makes one expression after another; everything it decides comes from `random`. */
export class Expressions {
  readonly random: Random;
  readonly #startMs: number;
  readonly #endMs: number;

  /** Times that are written into an expression lie about `startMs` to `endMs`. */
  constructor(random: Random, startMs: number, endMs: number) {
    this.random = random;
    this.#startMs = startMs;
    this.#endMs = endMs;
  }

  /** Of a query; `depth` bounds how deep it is nested. */
  query(depth: number): Tree {
    return this.random.chance(0.06) ? this.scalar(depth) : this.vector(depth, this.flavour());
  }

  flavour(): Flavour {
    return this.random.pick(["float", "float", "float", "histogram", "any"] as const);
  }

  vector(depth: number, flavour: Flavour): Tree {
    const { random } = this;
    if (depth <= 0) return this.selector(flavour);
    const roll = random.next();
    if (roll < 0.12) return this.selector(flavour);
    if (roll < 0.5) return randomCall(this, depth - 1, flavour);
    if (roll < 0.7) return this.#aggregation(depth - 1, flavour);
    if (roll < 0.84) return this.#betweenVectors(depth - 1, flavour);
    if (roll < 0.92) return this.#withScalar(depth - 1, flavour);
    if (roll < 0.95) return treeOf("vector", "-#", this.#parenthesized(depth - 1, flavour));
    return this.#parenthesized(depth - 1, flavour);
  }

  scalar(depth: number): Tree {
    const { random } = this;
    const roll = random.next();
    if (depth <= 0 || roll < 0.5) return this.number();
    if (roll < 0.62)
      return text("scalar", random.pick(["time()", "pi()", "start()", "end()", "step()", "range()"]));
    if (roll < 0.75) return treeOf("scalar", "scalar(#)", this.vector(depth - 1, "float"));
    const [left, right] = [this.scalar(depth - 1), this.scalar(depth - 1)];
    if (roll < 0.8) return treeOf("scalar", random.pick(["min_of(#, #)", "max_of(#, #)"]), left, right);
    if (roll < 0.95) return treeOf("scalar", `(# ${this.#arithmetic()} #)`, left, right);
    return treeOf("scalar", `(# ${random.pick(["==", "<", ">=", "!="])} bool #)`, left, right);
  }

  number(): Tree {
    return text("scalar", this.random.pick(NUMBERS));
  }

  /** A range vector. */
  range(depth: number, flavour: Flavour): Tree {
    const { random } = this;
    if (depth > 0 && random.chance(0.25)) {
      const inner = this.#parenthesized(depth - 1, flavour);
      const step = random.chance(0.7) ? random.pick(["15s", "1m", "37s", "30s", "2m"]) : "";
      return treeOf("range", `#[${random.pick(LONG_DURATIONS)}:${step}]#`, inner, this.#modifiers());
    }
    const extended = this.#extended(0.08);
    const series = this.#series(flavour);
    return treeOf("range", `#[#]##`, series, this.#duration(), text("option", extended), this.#modifiers());
  }

  /** A selector with what may follow it. */
  selector(flavour: Flavour): Tree {
    const extended = this.#extended(0.02);
    return treeOf("vector", "###", this.#series(flavour), text("option", extended), this.#modifiers());
  }

  #extended(probability: number): string {
    const isExtended = this.random.chance(probability);
    return isExtended ? this.random.pick([" anchored", " smoothed"]) : "";
  }

  metric(flavour: Flavour): Metric {
    return this.random.pick(METRICS.filter(({ kind }) => FLAVOURS[flavour].includes(kind)));
  }

  /** A label's name as `by` and `on` take it. */
  label(): string {
    const name = this.random.pick([
      "job",
      "job",
      "instance",
      "instance",
      "code",
      "le",
      "label.dot",
      "version",
      "__type__",
      "__unit__",
      "nothing",
    ]);
    return this.#quoted(name);
  }

  /** Some without the quotes that only a setting makes unnecessary. */
  #quoted(name: string): string {
    return name.includes(".") && this.random.chance(0.9) ? `"${name}"` : name;
  }

  labels(max: number): string {
    return Array.from({ length: this.random.between(0, max) }, () => this.label()).join(", ");
  }

  /** Name and matchers. */
  #series(flavour: Flavour): Tree {
    const { random } = this;
    const metric = this.metric(flavour);
    const matchers = Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, () => this.#matcher(metric));
    if (random.chance(0.03)) {
      const names = random.pick([
        '__name__=~"latency_seconds_.*"',
        '__name__=~"native.*|custom.*"',
        'job="api"',
        '__name__=~".+_total"',
      ]);
      return text("string", `{${[names, ...matchers].join(",")}}`);
    }
    if (!/^\w+$/.test(metric.name))
      return text("string", `{${[`"${metric.name}"`, ...matchers].join(", ")}}`);
    if (matchers.length === 0) return text("string", metric.name);
    return { kind: "string", parts: [metric.name, text("option", `{${matchers.join(",")}}`)] };
  }

  #matcher({ labels }: Metric): string {
    const { random } = this;
    const name = random.pick(["job", "instance", ...labels]);
    const quoted = this.#quoted(name);
    const value = random.pick(VALUES[name] ?? ["1", "+Inf", "constant", "mixture"]);
    const pattern = random.pick([
      ".*",
      ".+",
      "a.*|b.*|1.*",
      `${value.replace(/[.+]/g, "\\\\$&")}|none`,
      "[^b].*",
    ]);
    return random.pick([
      `${quoted}="${value}"`,
      `${quoted}="${value}"`,
      `${quoted}!="${value}"`,
      `${quoted}=~"${pattern}"`,
      `${quoted}!~"${pattern}"`,
    ]);
  }

  #duration(): Tree {
    const { random } = this;
    if (random.chance(0.9)) return text("duration", random.pick(DURATIONS));
    return text(
      "duration",
      random.pick([
        "step() + 1m",
        "max_of(step(), 5m)",
        "2m * 2.5",
        "(10m - 90s) / 2",
        "300",
        "min_of(range() + 1m, 4m)",
        "2 ^ 7",
      ]),
    );
  }

  /** `offset` and `@`, in either order. */
  #modifiers(): Tree {
    const { random } = this;
    const offset = random.chance(0.12)
      ? ` offset ${random.pick(["1m", "5m", "-1m", "37s", "-90s", "(1m * 2)", "step()", "-step()"])}`
      : "";
    const at = random.chance(0.1) ? ` @ ${random.pick(["start()", "end()", this.#time()])}` : "";
    const both = random.chance(0.5) ? [offset, at] : [at, offset];
    return treeOf("option", "##", ...both.map((one) => text("option", one)));
  }

  /** In seconds. */
  #time(): string {
    return (this.random.between(this.#startMs - 60_000, this.#endMs + 60_000) / 1000).toFixed(3);
  }

  #parenthesized(depth: number, flavour: Flavour): Tree {
    return treeOf("vector", "(#)", this.vector(depth, flavour));
  }

  #arithmetic(): string {
    return this.random.pick(["+", "-", "*", "/", "%", "^", "atan2"]);
  }

  #aggregation(depth: number, flavour: Flavour): Tree {
    const { random } = this;
    const grouping = text(
      "option",
      random.chance(0.7) ? ` ${random.pick(["by", "by", "without"])} (${this.labels(3)}) ` : "",
    );
    const inner = this.vector(depth, flavour);
    const operator = random.pick([
      "sum",
      "sum",
      "sum",
      "avg",
      "avg",
      "count",
      "min",
      "max",
      "group",
      "stddev",
      "stdvar",
      "topk",
      "bottomk",
      "quantile",
      "count_values",
      "limitk",
      "limit_ratio",
    ]);
    switch (operator) {
      case "topk":
      case "bottomk":
      case "limitk": {
        const count = random.chance(0.9)
          ? text("scalar", random.pick(["1", "2", "3", "5"]))
          : this.scalar(depth);
        return treeOf("vector", `${operator}#(#, #)`, grouping, count, inner);
      }
      case "limit_ratio":
        return treeOf(
          "vector",
          "limit_ratio#(#, #)",
          grouping,
          text("scalar", random.pick(["0.5", "-0.5", "0.1", "-0.9", "1", "1.5", "0"])),
          inner,
        );
      case "quantile": {
        const quantile = random.chance(0.9)
          ? text("scalar", random.pick(["0", "0.5", "0.9", "1", "0.25"]))
          : this.scalar(depth);
        return treeOf("vector", "quantile#(#, #)", grouping, quantile, inner);
      }
      case "count_values":
        return treeOf(
          "vector",
          `count_values#(${random.pick(['"value"', '"job"', '"utf 8"'])}, #)`,
          grouping,
          inner,
        );
      default:
        return treeOf("vector", `${operator}#(#)`, grouping, inner);
    }
  }

  #withScalar(depth: number, flavour: Flavour): Tree {
    const { random } = this;
    const isComparison = random.chance(0.4);
    const operator = isComparison ? this.#comparison() : ` ${this.#arithmetic()} `;
    const bool = text("option", isComparison && random.chance(0.5) ? " bool " : "");
    const [vector, scalar] = [this.#parenthesized(depth, flavour), this.scalar(depth)];
    const isLeft = random.chance(0.5);
    const [left, right] = isLeft ? [vector, scalar] : [scalar, vector];
    return treeOf("vector", `(#${operator}# #)`, left, bool, right);
  }

  #comparison(): string {
    const { random } = this;
    return ` ${random.chance(0.08) ? random.pick(["</", ">/"]) : random.pick(["==", "!=", "<", "<=", ">", ">="])}`;
  }

  #betweenVectors(depth: number, flavour: Flavour): Tree {
    const { random } = this;
    const left = this.vector(depth, flavour);
    // The same series, or what has matches among them, mostly.
    const right = random.chance(0.4) ? left : this.vector(depth, random.chance(0.7) ? flavour : "any");
    if (random.chance(0.25)) {
      const matching = text(
        "option",
        random.chance(0.6) ? ` ${random.pick(["on", "ignoring"])} (${this.labels(2)})` : "",
      );
      return treeOf("vector", `(# ${random.pick(["and", "or", "unless"])}# #)`, left, matching, right);
    }
    const isComparison = random.chance(0.35);
    const operator = isComparison ? this.#comparison() : ` ${this.#arithmetic()} `;
    const bool = text("option", isComparison && random.chance(0.5) ? " bool" : "");
    return treeOf("vector", `(#${operator}## #)`, left, bool, this.#matching(), right);
  }

  #matching(): Tree {
    const { random } = this;
    if (random.chance(0.4)) return text("option", "");
    const on = ` ${random.pick(["on", "on", "ignoring"])} (${random.chance(0.6) ? "job, instance" : this.labels(3)})`;
    const group = random.chance(0.5)
      ? ` group_${random.pick(["left", "right"])} (${random.chance(0.5) ? "" : random.pick(["version", "code", "cluster, version", "room"])})`
      : "";
    const fill = random.chance(0.08)
      ? ` ${random.pick(["fill (0)", "fill_left (1)", "fill_right (-1)", "fill_left (2) fill_right (3)"])}`
      : "";
    return treeOf("option", `${on}##`, text("option", group), text("option", fill));
  }
}
