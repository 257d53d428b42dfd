/** OpenMetrics text to samples, and what is wrong with text that is none. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { printLabels } from "../../lib/model/labels.ts";
import { printSeries } from "../../lib/transfer/export-text.ts";
import { OpenMetricsParser } from "../../lib/transfer/openmetrics.ts";
import { fixturePath } from "../helpers/storage/block-files.ts";

function parse(text: string): string[] {
  const parser = new OpenMetricsParser("x.om");
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const sample = parser.parse(line);
    if (sample !== undefined)
      found.push(
        `${printLabels(sample.labels)} ${Object.is(sample.value, -0) ? "-0" : sample.value} ${sample.timeMs}`,
      );
  }
  parser.finish();
  return found;
}

const LINES: readonly (readonly [line: string, expected: string])[] = [
  ["up 1 1795824000", "up{} 1 1795824000000"],
  ["up{} 1 1795824000.5", "up{} 1 1795824000500"],
  ['up{job="a",instance="b:1"} -0 1795824000.123', 'up{instance="b:1",job="a"} -0 1795824000123'],
  ['up{ job = "a" , } 1e3 1.795824e9', 'up{job="a"} 1000 1795824000000'],
  ['x{p="C:\\\\d\\n\\"q\\" } #"} +Inf -5', 'x{p="C:\\\\d\\n\\"q\\" } #"} Infinity -5000'],
  ["x NaN 1", "x{} NaN 1000"],
  ["x -inf 1", "x{} -Infinity 1000"],
  ['x_bucket{le="1"} 3 9 # {trace_id="a"} 0.5 8', 'x_bucket{le="1"} 3 9000'],
  ['x_total 3 9 # {trace_id="a"} 0.5', "x_total{} 3 9000"],
  ['{"my.metric",zone="a"} 1 2', 'my.metric{zone="a"} 1 2000'],
  ['{"my.metric"} 1 2', "my.metric{} 1 2000"],
  ['x{"my.label"="1"} 1 2', 'x{my.label="1"} 1 2000'],
  ['x{a=""} 1 2', "x{} 1 2000"],
  ["a:b:c 1 2", "a:b:c{} 1 2000"],
];

for (const [line, expected] of LINES) {
  test(line, () => assert.deepEqual(parse(`# HELP x y\n${line}\n# EOF\n`), [expected]));
}

const WRONG: readonly (readonly [text: string, expected: string])[] = [
  ["up 1 1\n", 'x.om, line 2: the text ends without "# EOF": it is not whole, or not OpenMetrics'],
  ["up 1\n# EOF", "x.om, line 1: no timestamp, expected seconds since the epoch behind the value"],
  ["up\n# EOF", "x.om, line 1: no value"],
  ["up one 1\n# EOF", 'x.om, line 1: value "one", expected a number'],
  ["up 1 soon\n# EOF", 'x.om, line 1: timestamp "soon", expected seconds since the epoch'],
  ["up 1 1e300\n# EOF", 'x.om, line 1: timestamp "1e300", expected seconds since the epoch'],
  ['up{a="b 1 1\n# EOF', "x.om, line 1: a label value has no closing quote"],
  ['up{a="b" c="d"} 1 1\n# EOF', 'x.om, line 1: expected "," or "}" in'],
  ["up{a} 1 1\n# EOF", 'x.om, line 1: expected "=" behind label "a"'],
  ['{a="b"} 1 1\n# EOF', "x.om, line 1: label __name__ is missing or empty"],
  ['up{a="b",a="c"} 1 1\n# EOF', 'x.om, line 1: label name "a" appears twice'],
  ["# EOF\nup 1 1\n", 'x.om, line 2: a line behind "# EOF"'],
];

for (const [text, expected] of WRONG) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parse(text),
      (error: unknown) => {
        assert.ok(error instanceof HearthError && error.kind === "invalid");
        assert.ok(error.message.startsWith(expected), `${error.message}\nexpected ${expected}`);
        return true;
      },
    );
  });
}

test("text that is exported is read as the same samples", () => {
  const lines = readFileSync(fixturePath("promtool.om"), "utf8");
  const parsed = parse(lines);
  const parser = new OpenMetricsParser("again");
  const counts = { samples: 0, histograms: 0 };
  const again: string[] = [];
  for (const line of lines.split("\n")) {
    const sample = parser.parse(line);
    if (sample === undefined) continue;
    const series = {
      labels: sample.labels,
      timestamps: Float64Array.of(sample.timeMs),
      values: Float64Array.of(sample.value),
    };
    again.push([...printSeries(series, counts)].join(""));
  }
  assert.deepEqual(parse(`${again.join("")}# EOF`), parsed);
  assert.equal(counts.samples, parsed.length);
});

test("names and values beyond the usual characters are quoted and come back", () => {
  const labels = [
    ["__name__", "my metric"],
    ["a.b", 'x"\\\n}'],
  ] as const;
  const series = { labels, timestamps: Float64Array.of(1500), values: Float64Array.of(1e-9) };
  const [text] = printSeries(series, { samples: 0, histograms: 0 });
  assert.deepEqual(parse(`${text}# EOF`), [`${printLabels(labels)} 1e-9 1500`]);
});
