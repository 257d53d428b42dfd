/** Strangers' requests cost one log line and one line of metrics a second; everybody else's are all there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { quietLog, quietMetrics } from "../../functions/quiet-refusals.ts";
import type { LogFields } from "../../lib/model/log.ts";
import type { MetricValues } from "../../lib/model/metrics.ts";

const REFUSED = { labels: { status: "401", error: "unauthenticated" }, durationMs: 1 };
const SERVED = { labels: { status: "200", tenant: "t" }, durationMs: 1 };

test("one line a second is written for requests without a key, and says how many were left out", () => {
  const lines: LogFields[] = [];
  let nowMs = 1_000_000;
  const log = quietLog(
    (_level, _message, fields) => void lines.push(fields),
    () => nowMs,
  );
  for (let i = 0; i < 1000; i++) {
    log("warn", "request", { errorKind: "unauthenticated", i });
    log("info", "request", { accessKeyId: "HKA", i });
    log("warn", "request", { errorKind: "forbidden", i });
    log("info", "audit", { errorKind: "unauthenticated", isAudit: true });
    nowMs += 10;
  }
  for (const count of [
    lines.filter(({ accessKeyId }) => accessKeyId === "HKA").length,
    lines.filter(({ errorKind }) => errorKind === "forbidden").length,
    lines.filter(({ isAudit }) => isAudit === true).length,
  ])
    assert.equal(count, 1000);
  const requests = lines.filter(({ errorKind, isAudit }) => errorKind === "unauthenticated" && !isAudit);
  assert.equal(requests.length, 10);
  const omitted = requests.reduce((total, { omittedBefore = 0 }) => total + Number(omittedBefore), 0);
  assert.equal(omitted, 9 * 99);
});

test("no request is missing in the metrics", () => {
  const written: MetricValues[] = [];
  let nowMs = 1_000_000;
  const metrics = quietMetrics(
    (values) => void written.push(values),
    () => nowMs,
  )!;
  for (let i = 0; i < 1000; i++) {
    metrics({ Requests: 1, ReadUnits: 0.5, ClockOffsetMs: i % 7 }, REFUSED);
    if (i % 250 === 249) metrics({ Requests: 1, Samples: 5 }, SERVED);
    nowMs += 10;
  }
  metrics({ Requests: 1, Samples: 5 }, SERVED);
  assert.ok(written.length <= 15, `${written.length} lines`);
  const total = (name: string) => written.reduce((all, values) => all + (values[name] ?? 0), 0);
  assert.deepEqual([total("Requests"), total("ReadUnits"), total("Samples")], [1005, 500, 25]);
  assert.ok(written.every(({ ClockOffsetMs = 0 }) => ClockOffsetMs <= 6));
  assert.equal(
    quietMetrics(undefined, () => nowMs),
    undefined,
  );
});
