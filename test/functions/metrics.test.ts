import assert from "node:assert/strict";
import { test } from "node:test";
import { newMetrics } from "../../functions/metrics.ts";

const options = { functionName: "write", clock: () => 1_795_337_938_931 };

test("metrics are a line of CloudWatch's embedded metric format", () => {
  const lines: string[] = [];
  const metrics = newMetrics({ ...options, stack: "hearth", write: (line) => lines.push(line) });
  // Each label would make every metric one for each of its values, to be paid for.
  const origin = { labels: { route: "/api/v1/write", status: "200", tenant: "shop" }, durationMs: 12 };
  metrics?.({ Requests: 1, Samples: 500, WriteUnits: 2.5 }, origin);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      {
        _aws: {
          Timestamp: 1_795_337_938_931,
          CloudWatchMetrics: [
            {
              Namespace: "Hearth",
              Dimensions: [["Stack", "Function"]],
              Metrics: [{ Name: "Requests" }, { Name: "Samples" }, { Name: "WriteUnits" }],
            },
          ],
        },
        Stack: "hearth",
        Function: "write",
        Requests: 1,
        Samples: 500,
        WriteUnits: 2.5,
      },
    ],
  );
  // docs/cost.md says what such a line costs.
  assert.ok(lines[0].length < 300, `${lines[0].length}`);
});

for (const stack of ["", undefined]) {
  test(`no metrics for the stack ${JSON.stringify(stack)}`, () => {
    const write = () => assert.fail("written");
    assert.equal(newMetrics({ ...options, stack, write }), undefined);
  });
}
