/**
 * The npm package prometheus-remote-write: no Content-Encoding, no version header, labels and times in the order in which
 * its caller gave them.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { pushMetrics, pushTimeseries } from "prometheus-remote-write";
import { startPeerHearth } from "../peer-hearth.ts";
import { printSeries, readBack } from "../read-back.ts";

/** The package's own idea of it, which has shared memory as a body. */
type MinimalFetch = NonNullable<NonNullable<Parameters<typeof pushMetrics>[1]>["fetch"]>;

it("keeps what the package pushes", { timeout: 60_000 }, async (t) => {
  await using hearth = await startPeerHearth("npm-client");
  const { url, accessKeyId: username, secret: password } = hearth.target;
  const options = { url: `${url}/api/v1/write`, auth: { username, password }, fetch: fetch as MinimalFetch };
  const now = Date.now();
  const zone = { zone: "b", __name__: "npm_depth", area: "checkout" };
  const queue = { queue: "ünï ☃", __name__: "npm_depth" };
  const sent = await pushTimeseries(
    [
      {
        labels: zone,
        samples: [
          { value: 3, timestamp: now },
          { value: 1, timestamp: now - 2000 },
          { value: -2.5, timestamp: now - 1000 },
        ],
      },
      { labels: queue, samples: [{ value: 1e300, timestamp: now - 5 }] },
    ],
    options,
  );
  assert.equal(sent.status, 200, sent.errorMessage);
  const pushed = await pushMetrics(
    { npm_total: 7, npm_other_total: 0.1 },
    { ...options, labels: { job: "npm" } },
  );
  assert.equal(pushed.status, 200, pushed.errorMessage);

  const found = await readBack(hearth.target, "npm_.*");
  const samples = (labels: Record<string, string>) =>
    found.get(printSeries(labels))?.samples.map(({ timestamp, value }) => [timestamp - now, value]);
  assert.deepEqual(samples(zone), [
    [-2000, 1],
    [-1000, -2.5],
    [0, 3],
  ]);
  assert.deepEqual(samples(queue), [[-5, 1e300]]);
  for (const [name, value] of [
    ["npm_total", 7],
    ["npm_other_total", 0.1],
  ] as const) {
    assert.equal(samples({ __name__: name, job: "npm" })?.[0]?.[1], value, name);
  }
  assert.equal(found.size, 4);
  t.diagnostic(`${found.size} series came back`);
  await hearth.stop();
});
