/** The program that vendors print in their documents: OpenTelemetry's Go SDK v0.15.0 with its Cortex exporter. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { Child } from "../../helpers/child.ts";
import { goProgram } from "../go-programs.ts";
import { startPeerHearth } from "../peer-hearth.ts";
import { lastValues, printSeries, readBack } from "../read-back.ts";

const program = await goProgram("cortex-exporter");

const BOUNDARIES = [0.05, 0.1, 2.5];
const VALUES = [0.01, 0.02, 0.07, 0.1, 0.3, 0.9, 1.5, 2.5, 2.75, 60];
const LABELS = { method: "GET", zone: "b", code: "200", area: "checkout", service_name: "peer" };

/** The exporter calls the buckets of a histogram as the histogram itself, and the last bound `+inf`. */
function expectedValues(): Record<string, number> {
  const sum = VALUES.reduce((total, value) => total + value, 0);
  // The SDK's histogram leaves a value that is a bound to the next bucket.
  const buckets = BOUNDARIES.map((bound): [string, number] => [
    String(bound),
    VALUES.filter((value) => value < bound).length,
  ]);
  const expected: [Record<string, string>, number][] = [
    [{ __name__: "peer_requests" }, VALUES.length],
    [{ __name__: "peer_duration_count" }, VALUES.length],
    [{ __name__: "peer_duration_sum" }, sum],
    ...[...buckets, ["+inf", VALUES.length] as const].map(([le, count]): [Record<string, string>, number] => [
      { __name__: "peer_duration", le },
      count,
    ]),
  ];
  return Object.fromEntries(
    expected.map(([labels, value]) => [printSeries({ ...labels, ...LABELS }), value]),
  );
}

for (const path of ["/api/v1/write", "/api/prom_write"]) {
  it(`keeps what it pushes to ${path}`, { timeout: 60_000, skip: program.missing }, async (t) => {
    await using hearth = await startPeerHearth("cortex-exporter");
    const { url, accessKeyId, secret } = hearth.target;
    await using exporter = new Child(program.path!, [
      `-url=${url}${path}`,
      `-access-key=${accessKeyId}`,
      `-secret-key=${secret}`,
      `-boundaries=${BOUNDARIES}`,
      `-values=${VALUES}`,
    ]);
    // It ends with 1 when an answer was not 200.
    assert.deepEqual(await exporter.exited, { code: 0, signal: null }, exporter.output);

    const found = await readBack(hearth.target, "peer_.*");
    assert.deepEqual(lastValues(found), expectedValues());
    for (const [name, { samples }] of found) {
      assert.ok(samples.length >= 2, `${name} was pushed ${samples.length} times`);
      const grows = samples.every(
        ({ timestamp, value }, i) =>
          i === 0 || (timestamp > samples[i - 1].timestamp && value >= samples[i - 1].value),
      );
      assert.ok(grows, `${name}: ${JSON.stringify(samples)}`);
    }
    const count = [...found.values()].reduce((total, { samples }) => total + samples.length, 0);
    t.diagnostic(`${found.size} series with ${count} samples came back`);
    await hearth.stop();
  });
}
