/** Rules for Prometheus' relabelling, held to what they do to label sets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { type Drop, printRelabelRules } from "../../explorer/pages/cost/relabel-rules.ts";

type Labels = Readonly<Record<string, string>>;

interface ParsedRule {
  readonly source_labels?: readonly string[];
  readonly regex: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action: string;
}

/** What Prometheus sends of a series, by its documentation; undefined: nothing. */
function relabel(yaml: string, labels: Labels): Labels | undefined {
  const { write_relabel_configs: rules } = parse(yaml) as { write_relabel_configs: ParsedRule[] };
  let left: Record<string, string> = { ...labels };
  for (const { source_labels = [], regex, target_label, replacement, action } of rules) {
    assert.equal(typeof regex, "string");
    const pattern = new RegExp(`^(?:${regex})$`, "s");
    const source = source_labels.map((name) => left[name] ?? "").join(";");
    if (action === "drop" && pattern.test(source)) return undefined;
    if (action === "labeldrop")
      left = Object.fromEntries(Object.entries(left).filter(([name]) => !pattern.test(name)));
    if (action === "replace" && pattern.test(source)) {
      assert.equal(replacement, "");
      delete left[target_label!];
    }
  }
  return left;
}

const SERIES: Labels = { __name__: "http_requests_total", job: "api", path: "/a.b" };

test("rules as people paste them", () => {
  const drops: readonly Drop[] = [
    { kind: "metric", metric: "go_gc_duration_seconds" },
    { kind: "value", metric: "http_requests_total", label: "path", value: "/a.b" },
    { kind: "value", label: "job", value: "true" },
    { kind: "label", label: "pod_ip" },
    { kind: "label", metric: "http_requests_total", label: "path" },
  ];
  assert.equal(
    printRelabelRules(drops),
    `write_relabel_configs:
  - source_labels: [__name__]
    regex: go_gc_duration_seconds
    action: drop
  - source_labels: [__name__, path]
    regex: "http_requests_total;/a\\\\.b"
    action: drop
  - source_labels: [job]
    regex: "true"
    action: drop
  - regex: pod_ip
    action: labeldrop
  - source_labels: [__name__]
    regex: http_requests_total
    target_label: path
    replacement: ""
    action: replace
`,
  );
});

test("a rule does to series what it says, and to no others", () => {
  const one = (drop: Drop) => printRelabelRules([drop]);
  const metric = one({ kind: "metric", metric: "http_requests_total" });
  assert.equal(relabel(metric, SERIES), undefined);
  assert.deepEqual(relabel(metric, { ...SERIES, __name__: "http_requests_total2" })?.job, "api");
  const value = one({ kind: "value", metric: "http_requests_total", label: "path", value: "/a.b" });
  assert.equal(relabel(value, SERIES), undefined);
  assert.ok(relabel(value, { ...SERIES, path: "/axb" }));
  assert.ok(relabel(value, { ...SERIES, __name__: "other" }));
  const label = one({ kind: "label", metric: "http_requests_total", label: "path" });
  assert.deepEqual(relabel(label, SERIES), { __name__: "http_requests_total", job: "api" });
  assert.deepEqual(relabel(label, { ...SERIES, __name__: "other" })?.path, "/a.b");
  assert.deepEqual(relabel(one({ kind: "label", label: "path" }), SERIES), {
    __name__: "http_requests_total",
    job: "api",
  });
});

test("hostile names and values reach Prometheus as they are", () => {
  const seed = 20261130;
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, text, (metric, label, value, other) => {
      fc.pre(label !== "__name__" && other !== value);
      const series = { __name__: metric, [label]: value };
      const yaml = printRelabelRules([{ kind: "value", metric, label, value }]);
      assert.equal(relabel(yaml, series), undefined);
      // A separator in both may join to the same text; nothing else does.
      if (!`${metric}${value}${other}`.includes(";"))
        assert.deepEqual(relabel(yaml, { ...series, [label]: other }), { ...series, [label]: other });
      assert.equal(relabel(printRelabelRules([{ kind: "metric", metric }]), series), undefined);
      assert.deepEqual(relabel(printRelabelRules([{ kind: "label", label }]), series), { __name__: metric });
      assert.deepEqual(relabel(printRelabelRules([{ kind: "label", metric, label }]), series), {
        __name__: metric,
      });
    }),
    { seed, numRuns: 100 },
  );
});
