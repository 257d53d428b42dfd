/** Every function has every fact, and behaves as its facts say. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantQuery, rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type { MatrixSeries, QueryOptions, QueryResult } from "../../../lib/promql/engine-interface.ts";
import { IMPLEMENTATIONS } from "../../../lib/promql/functions/implementations.ts";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import {
  FUNCTION_NAMES,
  type FunctionFacts,
  type FunctionName,
  factsOf,
} from "../../../lib/promql/syntax/functions.ts";
import { MemorySource } from "../../promqltest/memory-source.ts";
import { parseScript } from "../../promqltest/script.ts";
import { SCRIPT_OPTIONS } from "../../promqltest/script-options.ts";

/** Series that have samples by turns, at other times than the steps. */
const DATA = `load 37s
  m{s="1"} 0.1 0.4 0.2 0.9 0.3 0.8x20
  m{s="1"}@st -10s _x24
  m{s="2"} _x12 0.2 0.9 0.7 0.1 0.5x10
  m{s="2"}@st -10s _x25
  c_bucket{s="1",le="0.5"} 1+1x25
  c_bucket{s="1",le="+Inf"} 2+3x25
  h{s="1"} {{schema:0 count:6 sum:9 buckets:[1 2 3]}}+{{schema:0 count:6 sum:5 buckets:[3 2 1]}}x10
  i{s="1"} {{schema:0 count:6 sum:9 buckets:[1 2 3]}} {{schema:0 count:6 sum:9 buckets:[3 2 1]}}x10
`;

const OPTIONS: QueryOptions = {
  ...SCRIPT_OPTIONS,
  delayedNameRemoval: false,
  lookbackDeltaMs: 100_000,
  clock: () => 0,
  perStepStats: false,
};
const RANGE = { startMs: 120_000, endMs: 720_000, stepMs: 60_000 };

const SOURCE = new MemorySource();
for (const command of parseScript(DATA)) if (command.kind === "load") SOURCE.load(command);

const query = (text: string) => ({ text, expr: parseExpr(text, ALL_EXPERIMENTS) });
const run = (text: string): Promise<QueryResult> => rangeQuery(SOURCE, query(text), RANGE, OPTIONS);

async function seriesOf(text: string): Promise<readonly MatrixSeries[]> {
  const { value } = await run(text);
  assert.equal(value.type, "matrix");
  return value.type === "matrix" ? value.series : [];
}

/** Label sets with their samples, as texts in order. */
async function linesOf(text: string): Promise<string[]> {
  const lines = (await seriesOf(text)).map((one) =>
    JSON.stringify([one.labels, [...one.timestamps], Array.from(one.values, String), one.histograms]),
  );
  return lines.sort();
}

/** Other arguments than an input of the needed type and 1. */
const ARGS: { readonly [name in FunctionName]?: readonly string[] } = {
  double_exponential_smoothing: ["#", "0.5", "0.5"],
  histogram_fraction: ["0.1", "2", "#"],
  histogram_quantile: ["0.7", "#"],
  histogram_quantiles: ["#", '"q"', "0.3", "0.7"],
  integral: ["#"],
  label_join: ["#", '"t"', '"-"', '"s"'],
  label_replace: ["#", '"t"', '"$1"', '"s"', '"(.*)"'],
  predict_linear: ["#", "10"],
  quantile_over_time: ["0.7", "#"],
  info: ["#"],
  sort_by_label: ["#", '"s"'],
  sort_by_label_desc: ["#", '"s"'],
};

/** A call with `input` in the place of its vector or range vector. */
function callOf(name: FunctionName, input: string): string {
  const args = ARGS[name] ?? factsOf(name).argTypes.map((type) => (type === "scalar" ? "0.3" : "#"));
  return `${name}(${args.map((arg) => (arg === "#" ? input : arg)).join(", ")})`;
}

const isWindow = ({ argTypes }: FunctionFacts) => argTypes.includes("matrix");
const hasSeries = ({ argTypes }: FunctionFacts) => argTypes.includes("vector") || argTypes.includes("matrix");

/** A selector as the function takes it. */
function inputOf(name: FunctionName, selector: string, modifiers = ""): string {
  return `${selector}${isWindow(factsOf(name)) ? "[4m]" : ""}${modifiers}`;
}

function where(condition: (facts: FunctionFacts) => boolean): FunctionName[] {
  const names = FUNCTION_NAMES.filter((name) => condition(factsOf(name)));
  assert.ok(names.length > 0);
  return names;
}

const isVector = ({ returnType }: FunctionFacts) => returnType === "vector";
const takesSeries = where((facts) => isVector(facts) && hasSeries(facts));
const READ_FROM: { readonly [name in FunctionName]?: string } = {
  histogram_fraction: "c_bucket",
  histogram_quantile: "c_bucket",
  histogram_quantiles: "c_bucket",
};

describe("every function has every fact", () => {
  const fields = Object.keys(factsOf("abs")).sort();
  for (const name of FUNCTION_NAMES) {
    const facts = factsOf(name);
    test(name, () => {
      assert.deepEqual(Object.keys(facts).sort(), fields);
      const kind = facts.plansAs !== "call" ? "planned" : isWindow(facts) ? "window" : "vector";
      assert.equal(IMPLEMENTATIONS[name].kind, kind);
      assert.equal(facts.constant !== undefined, facts.plansAs === "constant");
      if (facts.rangeModifiers.length > 0 || facts.expectsCounter) assert.equal(kind, "window");
      if (facts.readsSamples) assert.deepEqual(facts.argTypes, ["vector"]);
    });
  }

  test("no implementation is of another function", () => {
    assert.deepEqual(Object.keys(IMPLEMENTATIONS).sort(), FUNCTION_NAMES.toSorted());
  });
});

describe("isExperimental: the parser refuses the call unless experiments are enabled", () => {
  for (const name of FUNCTION_NAMES) {
    test(name, () => {
      const text = callOf(name, inputOf(name, "m"));
      const parse = () => parseExpr(text, {});
      if (factsOf(name).isExperimental) assert.throws(parse, /is not enabled/);
      else parse();
    });
  }
});

describe("returnType is that of the value", () => {
  for (const name of FUNCTION_NAMES) {
    test(name, async () => {
      const { value } = await instantQuery(
        SOURCE,
        query(callOf(name, inputOf(name, READ_FROM[name] ?? "m"))),
        { timeMs: 300_000 },
        OPTIONS,
      );
      assert.equal(value.type, factsOf(name).returnType);
    });
  }
});

/** Its results over a range, and those of instant queries at each step. */
async function asRangeAndSteps(text: string): Promise<readonly (readonly string[])[]> {
  const wrapped = `vector(scalar(${text}))`;
  const [whole] = await seriesOf(wrapped);
  const steps: string[] = [];
  for (let timeMs = RANGE.startMs; timeMs <= RANGE.endMs; timeMs += RANGE.stepMs) {
    const { value } = await instantQuery(SOURCE, query(wrapped), { timeMs }, OPTIONS);
    assert.ok(value.type === "vector");
    steps.push(String(value.series[0].values[0]));
  }
  return [Array.from(whole.values, String), steps];
}

describe("dependsOnStep: of what is the same at every step", () => {
  const unchanged = where(({ returnType, plansAs }) => returnType === "vector" && plansAs === "call");
  for (const name of unchanged) {
    const { dependsOnStep, variadic, argTypes } = factsOf(name);
    const at = inputOf(name, READ_FROM[name] ?? 'm{s="1"}', " @ 300");
    const args = variadic > 0 && argTypes.length === 1 ? `${name}()` : callOf(name, at);
    test(`${args}: ${dependsOnStep}`, async () => {
      const [whole, steps] = await asRangeAndSteps(args);
      assert.deepEqual(whole, steps);
      // Within ten minutes a year, a month and a day do not change.
      const isSlow = /^(days_in_month|day_of|hour|month|year)/.test(name);
      if (dependsOnStep === "always" && !isSlow) assert.ok(new Set(steps).size > 1, String(steps));
    });
  }

  test("time() always", async () => {
    const [whole, steps] = await asRangeAndSteps("vector(time())");
    assert.deepEqual(whole, steps);
    assert.equal(new Set(steps).size, steps.length);
  });

  test("timestamp() unless its argument is a selector", async () => {
    const [stored] = await asRangeAndSteps('timestamp(m{s="1"} @ 300)');
    const [computed] = await asRangeAndSteps('timestamp(-(m{s="1"} @ 300))');
    assert.equal(new Set(stored).size, 1);
    assert.equal(new Set(computed).size, computed.length);
  });
});

describe("readsSamples: a selector gives another result than the same values from an operator", () => {
  const overVector = where((facts) => facts.argTypes[0] === "vector" && isVector(facts));
  for (const name of overVector) {
    const selector = READ_FROM[name] ?? "m";
    test(`${name}: ${factsOf(name).readsSamples}`, async () => {
      const stored = await linesOf(callOf(name, selector));
      assert.ok(stored.length > 0 || name === "absent" || name.startsWith("histogram_"));
      const computed = await linesOf(callOf(name, `(${selector} or ${selector})`));
      if (factsOf(name).readsSamples) assert.notDeepEqual(stored, computed);
      else assert.deepEqual(stored, computed);
    });
  }
});

/** `==` needs buckets, so that its sides keep them. */
const withBuckets = (text: string) => `(${text} == ${text})`;

describe("buckets: they are read wherever they matter", () => {
  for (const name of takesSeries) {
    const { buckets } = factsOf(name);
    for (const metric of ["h", "i"]) {
      const text = callOf(name, inputOf(name, metric));
      test(`${text}: ${buckets}`, async () => {
        if (factsOf(name).plansAs === "call")
          assert.deepEqual(await linesOf(text), await linesOf(withBuckets(text)));
        // The counts of histograms, and whether there is a number above or below a bound, as with buckets.
        assert.deepEqual(
          await linesOf(`histogram_count(${text})`),
          await linesOf(`histogram_count(${withBuckets(text)})`),
        );
        const numbers = (await seriesOf(withBuckets(text))).flatMap(({ values }) => [...values]);
        for (const bound of new Set(numbers)) {
          for (const operator of [">=", "<="]) {
            const [plain, forced] = [text, withBuckets(text)].map(
              (one) => `timestamp(${one} ${operator} ${bound})`,
            );
            assert.deepEqual(await linesOf(plain), await linesOf(forced));
          }
        }
      });
    }
  }
});

describe("isPerSeries: the result of a vector is that of its series", () => {
  for (const name of takesSeries) {
    const selector = READ_FROM[name] ?? "m";
    const label = selector === "m" ? "s" : "le";
    const values = selector === "m" ? ["1", "2"] : ["0.5", "\\\\+Inf"];
    test(`${name}: ${factsOf(name).isPerSeries}`, async () => {
      const whole = await linesOf(callOf(name, inputOf(name, selector)));
      const parts = await Promise.all(
        // A regex, so that absent() takes no label from it.
        values.map((value) => linesOf(callOf(name, inputOf(name, `${selector}{${label}=~"${value}"}`)))),
      );
      if (factsOf(name).isPerSeries) assert.deepEqual(whole, parts.flat().sort());
      else assert.notDeepEqual(whole, parts.flat().sort());
    });
  }
});

describe("keepsName: results have the name of their metric", () => {
  for (const name of takesSeries) {
    test(`${name}: ${factsOf(name).keepsName}`, async () => {
      const selector = READ_FROM[name] ?? (name.startsWith("histogram_") ? "h" : 'm{s="2"}');
      const series = await seriesOf(callOf(name, inputOf(name, selector)));
      assert.ok(series.length > 0);
      for (const { labels } of series) {
        assert.equal(
          labels.some(([label]) => label === "__name__"),
          factsOf(name).keepsName,
        );
      }
    });
  }
});

describe("rangeModifiers are taken, others are refused", () => {
  for (const name of where(isWindow)) {
    for (const modifier of ["anchored", "smoothed"] as const) {
      const isTaken = factsOf(name).rangeModifiers.includes(modifier);
      test(`${name}(… ${modifier}): ${isTaken}`, async () => {
        const text = callOf(name, inputOf(name, "m", ` ${modifier}`));
        if (isTaken) assert.ok((await seriesOf(text)).length > 0);
        else
          await assert.rejects(run(text), new RegExp(`^HearthError: ${modifier} modifier can only be used`));
      });
    }
  }
});

describe("expectsCounter: an annotation names a metric that looks like no counter", () => {
  for (const name of where(isWindow)) {
    test(`${name}: ${factsOf(name).expectsCounter}`, async () => {
      const { infos } = await run(callOf(name, inputOf(name, "m")));
      const isNoted = infos.some((text) => text.includes("metric might not be a counter"));
      assert.equal(isNoted, factsOf(name).expectsCounter);
    });
  }
});
