import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSearch, passes, search } from "../../explorer/pages/metrics/metric-search.ts";

test("words, types, units and matchers of a search", () => {
  assert.deepEqual(parseSearch('HTTP requests type:counter unit:Bytes job=api path=~"/a b.*" x!="" y!~z'), {
    words: ["http", "requests"],
    types: ["counter"],
    units: ["bytes"],
    matchers: ['job="api"', 'path=~"/a b.*"', 'x!=""', 'y!~"z"'],
  });
  assert.deepEqual(parseSearch("  "), { words: [], types: [], units: [], matchers: [] });
  // Half typed, and what only looks like one.
  assert.deepEqual(parseSearch("type: job= 9a=b").matchers, ['job=""']);
  assert.deepEqual(parseSearch('a="q\\"uote\\\\"').matchers, ['a="q\\"uote\\\\"']);
  assert.deepEqual(parseSearch('a="open').matchers, ['a="\\"open"']);
});

const METRICS = [
  { name: "up", type: "gauge", unit: "", help: "Whether a scrape of HTTP targets succeeded" },
  { name: "http_bytes_total", type: "counter", unit: "bytes", help: "<img src=x onerror=alert(1)>" },
  { name: "http_requests_total", type: "counter", unit: "", help: "Requests" },
];

test("metrics whose names have the words come first", () => {
  const names = (text: string) => search(METRICS, parseSearch(text)).map(({ name }) => name);
  assert.deepEqual(names(""), ["up", "http_bytes_total", "http_requests_total"]);
  assert.deepEqual(names("HTTP"), ["http_bytes_total", "http_requests_total", "up"]);
  assert.deepEqual(names("http type:gauge"), ["up"]);
  assert.deepEqual(names("unit:bytes"), ["http_bytes_total"]);
  assert.deepEqual(names("onerror"), ["http_bytes_total"]);
  assert.ok(passes(parseSearch('job="x"'), METRICS[0]));
});
