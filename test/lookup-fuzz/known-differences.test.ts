/** A difference is known by its values: what is not just as described is a finding. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS } from "../../lib/model/time.ts";
import type { Answer, Json } from "./answer.ts";
import type { LookupData, LookupSeries } from "./data.ts";
import { knownReason } from "./known-differences.ts";
import { getOf, type Lookup, type Parameters } from "./lookup.ts";

const HOUR_S = 3600;
const series = (name: string, ...hours: number[]): LookupSeries => ({
  labels: [["__name__", name]],
  timesMs: hours.map((hour) => hour * HOUR_S * 1000),
  exemplars: [],
});
/** On the first day, on the first and the third, on the second. */
const DATA: LookupData = {
  series: [series("a", 10), series("b", 12, 60), series("c", 36)],
  startMs: 0,
  endMs: 3 * DAY_MS,
};

const names = (...all: string[]) => all.map((name) => ({ __name__: name }));
const good = (data: Json, ...warnings: string[]): Answer => ({
  status: 200,
  json: { status: "success", data, ...(warnings.length > 0 && { warnings }) },
});

function reasonOf(lookup: Lookup, ours: Answer, theirs: Answer): string {
  return knownReason({ lookup, ours, theirs, data: DATA })?.split(":")[0] ?? "not known";
}

const SECOND_DAY: Parameters = [
  ["start", String(26 * HOUR_S)],
  ["end", String(27 * HOUR_S)],
];

test("a range selects series by day or by chunk", () => {
  const lookup = getOf("series", "/api/v1/series", [["match[]", '{__name__!=""}'], ...SECOND_DAY]);
  const reason = "start and end";
  assert.equal(reasonOf(lookup, good(names("c")), good(names("b"))), reason);
  assert.equal(reasonOf(lookup, good(names("a", "c")), good(names("b"))), "not known");
  assert.equal(reasonOf(lookup, good(names("c")), good(names("a", "b"))), "not known");
  assert.equal(reasonOf(lookup, good([]), good(names("b"))), "not known");
});

test("a range selects names and values by day or, in the head, not at all", () => {
  const lookup = getOf("labels", "/api/v1/label/__name__/values", SECOND_DAY);
  assert.equal(reasonOf(lookup, good(["c"]), good(["a", "b", "c"])), "start and end");
  assert.equal(reasonOf(lookup, good(["c"]), good(["a", "b"])), "not known");
  const all = getOf("labels", "/api/v1/label/__name__/values");
  assert.equal(reasonOf(all, good(["c"]), good(["a", "b", "c"])), "not known");
});

test("under a limit the first, or any", () => {
  const lookup = getOf("labels", "/api/v1/label/__name__/values", [["limit", "2"]]);
  const [limited, reason] = ["results truncated due to limit", "names and values under a limit"];
  assert.equal(reasonOf(lookup, good(["a", "b"], limited), good(["b", "c"], limited)), reason);
  assert.equal(reasonOf(lookup, good(["a", "b"], limited), good(["c", "b"], limited)), "not known");
  assert.equal(reasonOf(lookup, good(["a", "b"], limited), good(["b", "d"], limited)), "not known");
  assert.equal(reasonOf(lookup, good(["a", "b"], limited), good(["b", "c"])), "not known");
  assert.equal(reasonOf(lookup, good(["b", "c"], limited), good(["a", "b"], limited)), "not known");
});

test("times that nanoseconds in 64 bits cannot say", () => {
  const lookup = getOf("query", "/api/v1/query");
  const reason = "times before 1678 and after 2262";
  const at = (time: number) => good([time, "1"]);
  assert.equal(reasonOf(lookup, at(253402300799), at(-4852116232.933)), reason);
  assert.equal(reasonOf(lookup, at(253402300799), at(-4852116232.935)), "not known");
  assert.equal(reasonOf(lookup, at(1), at(2)), "not known");
});

test("an infinite base", () => {
  const lookup = getOf("expression", "/api/v1/format_query");
  assert.equal(reasonOf(lookup, good("-Inf ^ 1"), good("-+Inf ^ 1")), "`+Inf` before `^`");
  assert.equal(reasonOf(lookup, good("(Inf ^ 1)"), good("(\n  +Inf\n^\n  1\n)")), "`+Inf` before `^`");
  assert.equal(reasonOf(lookup, good("-Inf * 1"), good("-+Inf * 1")), "not known");
});

test("an offset that the operator after it would continue", () => {
  const lookup = getOf("expression", "/api/v1/format_query");
  const reason = "offsets that an operator could continue";
  const reasonOfTexts = (our: string, their: string) => reasonOf(lookup, good(our), good(their));
  assert.equal(reasonOfTexts("a offset (1m) @ end() - 5", "a @ end() offset (1m) - 5"), reason);
  assert.equal(reasonOfTexts("a offset +(1m) - 5", "a offset (1m) - 5"), reason);
  assert.equal(reasonOfTexts("a offset -+2 ^ step()", "a offset -2 ^ step()"), reason);
  assert.equal(reasonOfTexts("a offset (1m) @ end() - 5", "a @ end() offset (2m) - 5"), "not known");
  assert.equal(reasonOfTexts("a offset 1m @ end() - 5", "a @ end() offset 1m - 5"), "not known");
});

const refused = (error: string): Answer => ({ status: 400, json: { status: "error", error } });

test("expressions that one of both refuses", () => {
  const lookup = getOf("expression", "/api/v1/parse_query", [["query", "a offset -NaN"]]);
  const tooLong = refused("1:10: parse error: duration out of range");
  assert.equal(reasonOf(lookup, tooLong, good({})), "an offset of NaN");
  assert.equal(
    reasonOf({ ...lookup, parameters: [["query", "a offset 5m"]] }, tooLong, good({})),
    "not known",
  );
  assert.equal(reasonOf(lookup, good({}), refused("1:9: parse error: something else")), "not known");
});

test("metadata", () => {
  const lookup = getOf("about", "/api/v1/metadata", [["limit", "1"]]);
  const of = (metric: string, ...help: string[]) =>
    good({ [metric]: help.map((one) => ({ type: "counter", help: one, unit: "" })) });
  const [first, second] = ["Requests that came.", "Other words for the same."];
  const state = good({ state: [{ type: "stateset", help: "States.", unit: "" }] });
  assert.equal(reasonOf(lookup, of("requests", first, second), of("requests", second, first)), "metadata");
  assert.equal(reasonOf(lookup, of("requests", first, second), state), "metadata");
  assert.equal(reasonOf(lookup, of("requests", first), state), "not known");
  assert.equal(reasonOf(lookup, of("requests", first, first), state), "not known");
  assert.equal(reasonOf(lookup, of("others", first, second), state), "not known");
  const one = getOf("about", "/api/v1/metadata", [
    ["metric", "requests"],
    ["limit_per_metric", "1"],
  ]);
  assert.equal(reasonOf(one, of("requests", first), of("requests", second)), "metadata");
  assert.equal(reasonOf(one, of("requests", first), of("requests", first, second)), "not known");
});

test("paths, methods and answers without a body", () => {
  const noBody = { status: 204, text: "" };
  const exemplars = getOf("exemplars", "/api/v1/query_exemplars");
  const [none, error] = [good([]), { status: 405, text: "Method Not Allowed" }];
  assert.equal(reasonOf(exemplars, none, noBody), "exemplars of an expression without a selector");
  assert.equal(reasonOf(exemplars, good([{}]), noBody), "not known");
  const slash = getOf("labels", "/api/v1/label/a%2Fb/values");
  assert.equal(
    reasonOf(slash, none, { status: 404, text: "" }),
    "a slash in the name of a label, escaped as %2F",
  );
  assert.equal(reasonOf({ ...exemplars, method: "HEAD" }, none, error), "HEAD");
  assert.equal(reasonOf({ ...exemplars, method: "PUT" }, none, error), "not known");
  const unknown = { ...getOf("route", "/api/v1/nothing"), method: "PUT" };
  assert.equal(reasonOf(unknown, { status: 404, text: "" }, error), "unknown paths");
  assert.equal(reasonOf(unknown, { status: 500, text: "" }, error), "not known");
});

test("what a server tells of itself has the same form", () => {
  const lookup = getOf("about", "/api/v1/status/buildinfo");
  assert.equal(reasonOf(lookup, good({ version: "1" }), good({ version: "" })), "/status/buildinfo");
  assert.equal(reasonOf(lookup, good({ version: 1 }), good({ version: "" })), "not known");
  const tsdb = getOf("about", "/api/v1/status/tsdb");
  const stats = (numSeries: Json) => good({ headStats: { numSeries }, seriesCountByMetricName: [] });
  assert.equal(reasonOf(tsdb, stats(1), stats(2)), "/status/tsdb");
  assert.equal(reasonOf(tsdb, stats("1"), stats(2)), "not known");
});
