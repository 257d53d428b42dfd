/** Log lines of the functions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newLog } from "../../functions/log.ts";
import { LOG_LEVELS } from "../../lib/model/log.ts";

function logWith(leastLevel?: string, trace?: string) {
  const lines: string[] = [];
  const log = newLog({
    leastLevel,
    clock: () => Date.UTC(2026, 10, 30),
    write: (line) => lines.push(line),
    traceHeader: () => trace,
  });
  return { log, lines };
}

test("a line is JSON, with what every line has first", () => {
  const { log, lines } = logWith(undefined, "Root=1-5759e988-bd862e3f;Parent=53995c3f42cd8ad8;Sampled=1");
  log("warn", "request", { status: 404, "a\n": "b\nc" });
  assert.deepEqual(lines, [
    '{"level":"WARN","message":"request","timestamp":"2026-11-30T00:00:00.000Z","service":"hearth",' +
      '"xray_trace_id":"1-5759e988-bd862e3f","status":404,"a\\n":"b\\nc"}',
  ]);
});

test("without X-Ray there is no trace, and no field takes the place of a line's own", () => {
  const { log, lines } = logWith();
  log("info", "request", { message: "other", level: "other", service: "other", xray_trace_id: "other" });
  const { xray_trace_id, ...line } = JSON.parse(lines[0]);
  assert.equal(xray_trace_id, undefined);
  assert.deepEqual(line, {
    level: "INFO",
    message: "request",
    timestamp: "2026-11-30T00:00:00.000Z",
    service: "hearth",
  });
});

test("errors and big integers are printed", () => {
  const { log, lines } = logWith();
  log("error", "bug", { error: new TypeError("no", { cause: new Error("deep") }), big: 2n ** 64n });
  const { error, big } = JSON.parse(lines[0]);
  assert.deepEqual(
    [error.name, error.message, error.cause.message, big],
    ["TypeError", "no", "deep", String(2n ** 64n)],
  );
  assert.match(error.stack, /^TypeError: no\n {4}at /);
});

for (const [setting, expected] of [
  ["debug", LOG_LEVELS],
  ["", ["info", "warn", "error"]],
  ["WARN", ["warn", "error"]],
  ["ERROR", ["error"]],
] as const)
  test(`LOG_LEVEL=${setting} writes ${expected.join(", ")}`, () => {
    const { log, lines } = logWith(setting);
    for (const level of LOG_LEVELS) log(level, "line", {});
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).level.toLowerCase()),
      [...expected],
    );
  });
