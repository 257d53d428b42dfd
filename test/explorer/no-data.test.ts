import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Client } from "../../explorer/api/client.ts";
import type { Metric } from "../../explorer/api/metric-text.ts";
import type { ApiSeries } from "../../explorer/api/prometheus.ts";
import { traceAddress } from "../../explorer/pages/query/exemplar-links.ts";
import { stepsOf } from "../../explorer/pages/query/explain/measure.ts";
import { exprTree, matchersOf } from "../../explorer/pages/query/expression.ts";
import { printDollars, printStep } from "../../explorer/pages/query/facts.ts";
import { editDistance, nearestNames } from "../../explorer/pages/query/no-data/nearest-names.ts";
import { explainNothing } from "../../explorer/pages/query/no-data/no-data.ts";
import { fileName, shellQuote, toCsv, toCurl } from "../../explorer/pages/query/share/exports.ts";

const DAY = 86_400;
const NOW = 20_000 * DAY + 3600;
const SPAN = { start: NOW - 3600, end: NOW };

/** A server with one series, `up{job="node"}`, and one sample of it. Series are found by whole days, as Hearth finds them. */
class OneSample implements Client {
  readonly time: number;
  calls = 0;

  constructor(time: number) {
    this.time = time;
  }

  async get<T>(path: string): Promise<Answer<T>> {
    this.calls++;
    return answer(path.includes("__name__") ? ["up", "node_load1", "upper"] : ["node", "nod3"]);
  }

  async post<T>(path: string, form: Readonly<Record<string, unknown>>): Promise<Answer<T>> {
    this.calls++;
    if (path.endsWith("series")) {
      const [match] = form["match[]"] as string[];
      const [first, last] = [form.start, form.end].map((time) => Math.floor(Number(time) / DAY));
      const day = Math.floor(this.time / DAY);
      const isFound = ["up", 'up{job="node"}'].includes(match) && first <= day && day <= last;
      return answer<T>(isFound ? [{ __name__: "up" } satisfies Metric] : []);
    }
    const [time, lookback] = [Number(form.time), Number(form.lookback_delta)];
    const result =
      this.time <= time && this.time > time - lookback
        ? [{ metric: {}, value: [time, String(this.time)] }]
        : [];
    return answer<T>({ resultType: "vector", result });
  }

  fetch(): Promise<Response> {
    throw new Error("not expected");
  }
}

function answer<T>(data: unknown): Answer<T> {
  return { data: data as T, warnings: [], infos: [], milliseconds: 1, readUnits: 0 };
}

const why = (client: Client, expr: string) =>
  explainNothing(client, expr, SPAN, NOW, new AbortController().signal);

test("an empty result names the metric that does not exist and those near it", async () => {
  assert.deepEqual(await why(new OneSample(NOW), "rate(upp[5m])"), [
    { kind: "no metric", metric: "upp", nearest: ["up", "upper"] },
  ]);
});

test("an empty result names the label's value that no series has", async () => {
  const [reason] = await why(new OneSample(NOW), 'up{job="nodd"}');
  assert.deepEqual(reason, {
    kind: "no value",
    selector: 'up{job="nodd"}',
    label: "job",
    value: "nodd",
    nearest: ["nod3", "node"],
  });
  assert.equal((await why(new OneSample(NOW), 'up{job=~"x.*"}'))[0].kind, "no match");
});

test("an empty result finds the nearest time with samples, a year back too, in few calls", async () => {
  for (const days of [0.1, 1, 3, 29.5, 100, 400]) {
    const time = SPAN.start - Math.round(days * DAY);
    const server = new OneSample(time);
    assert.deepEqual(await why(server, "up"), [
      { kind: "other time", selector: "up", before: time, after: undefined },
    ]);
    assert.ok(server.calls <= 25, `${days} days: ${server.calls} calls`);
  }
  const earlier = { start: NOW - 50 * DAY, end: NOW - 49 * DAY };
  const server = new OneSample(NOW - 10 * DAY);
  const reasons = await explainNothing(server, "up", earlier, NOW, new AbortController().signal);
  assert.deepEqual(reasons, [
    { kind: "other time", selector: "up", before: undefined, after: NOW - 10 * DAY },
  ]);
});

test("where selectors have samples, what is computed of them is the reason", async () => {
  assert.deepEqual(await why(new OneSample(NOW - 60), "up > 5"), [{ kind: "has data", selector: "up" }]);
  assert.deepEqual(await why(new OneSample(NOW), "1 > bool 2"), []);
});

test("names are near by letters and by parts", () => {
  const names = ["node_cpu_seconds_total", "node_cpu", "process_cpu_seconds_total", "up", "x"];
  assert.deepEqual(nearestNames("node_cpu_secnds_total", names, 2)[0], "node_cpu_seconds_total");
  assert.deepEqual(nearestNames("cpu_seconds", names, 5), [
    "node_cpu_seconds_total",
    "process_cpu_seconds_total",
  ]);
  assert.deepEqual(nearestNames("zzzzzzzz", names, 5), []);
  assert.deepEqual(
    [editDistance("kitten", "sitting", 5), editDistance("", "abc", 5), editDistance("abcdefgh", "x", 2)],
    [3, 3, 3],
  );
});

test("matchers that ask for one value", () => {
  assert.deepEqual(matchersOf(`{"a.b", "x.y"='1"2', job="n\\"x", z=~"r", w!="v"}`), [
    { label: "x.y", value: '1"2' },
    { label: "job", value: 'n"x' },
  ]);
});

test("CSV has a row for each sample, and no cell that a spreadsheet would compute", () => {
  const csv = toCsv({
    resultType: "matrix",
    result: [
      {
        metric: { __name__: "a", job: '=1+"1"' },
        values: [
          [0, "1"],
          [1.5, "-Inf"],
        ],
      },
      { metric: { zone: "x,y" }, histograms: [[2, { count: "3", sum: "-4.5" }]] },
    ],
  });
  assert.equal(
    csv,
    [
      "__name__,job,zone,time,value,count,sum",
      `a,"'=1+""1""",,1970-01-01T00:00:00.000Z,1,,`.replace(/,,$/, ""),
      `a,"'=1+""1""",,1970-01-01T00:00:01.500Z,-Inf`,
      `,,"x,y",1970-01-01T00:00:02.000Z,,3,-4.5`,
      "",
    ].join("\r\n"),
  );
  assert.equal(
    toCsv({ resultType: "scalar", result: [0, "+Inf"] }),
    "time,value\r\n1970-01-01T00:00:00.000Z,+Inf\r\n",
  );
  assert.match(toCsv({ resultType: "string", result: [0, "@SUM(1)"] }), /,'@SUM\(1\)\r\n$/);
  // A formula may begin with a number.
  for (const formula of ["-2+3+cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "-1-@SUM(A1)"])
    assert.ok(toCsv({ resultType: "string", result: [0, formula] }).endsWith(`,'${formula}\r\n`), formula);
  for (const number of ["-2", "+1.5", "-1e+300", "-Inf", "+Inf", "1e-7"])
    assert.ok(toCsv({ resultType: "string", result: [0, number] }).endsWith(`,${number}\r\n`), number);
});

test("a curl command is one word for each argument, and has no key", () => {
  const command = toCurl({
    baseUrl: "https://h.test/prod/",
    expr: `up{a="it's $(x)"}`,
    isRange: true,
    range: { start: 1, end: 2, step: 1 },
    resolution: "1h",
  });
  assert.match(command, /^curl -u "\$ID:\$SECRET" 'https:\/\/h.test\/prod\/api\/v1\/query_range' \\\n/);
  assert.ok(command.includes(`'query=up{a="it'\\''s $(x)"}'`));
  assert.ok(command.includes("'max_source_resolution=1h'"));
  assert.equal(shellQuote("'"), "''\\'''");
  assert.equal(fileName("sum(rate(a[5m])) / ../../x", "csv"), "sum-rate-a-5m-x.csv");
});

test("steps of an expression in the order of a reader, and figures as text", () => {
  const steps = stepsOf(exprTree("sum(a) / rate(b[1m])")!);
  assert.deepEqual(
    steps.map(({ node, level }) => [level, node.title]),
    [
      [0, "/"],
      [1, "sum"],
      [2, "a"],
      [1, "rate()"],
      [2, "b[1m]"],
    ],
  );
  assert.deepEqual([0, 0.000_003_9, 0.5, 12.345].map(printDollars), ["$0", "$0.0000039", "$0.50", "$12.35"]);
  assert.deepEqual([15, 90, 300, 7200].map(printStep), ["15 s", "90 s", "5 min", "2 h"]);
});

test("labels named as properties that every object has are labels", () => {
  const metrics = ["__proto__", "constructor", "toString"].map((name) => ({ [name]: "a" }));
  const result = metrics.map((metric): ApiSeries => ({ metric, value: [0, "1"] }));
  assert.equal(
    toCsv({ resultType: "vector", result }),
    [
      "__proto__,constructor,toString,time,value",
      "a,,,1970-01-01T00:00:00.000Z,1",
      ",a,,1970-01-01T00:00:00.000Z,1",
      ",,a,1970-01-01T00:00:00.000Z,1",
      "",
    ].join("\r\n"),
  );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a place of a trace link
  assert.equal(traceAddress("https://tempo.test/${constructor}", {}), undefined);
});
