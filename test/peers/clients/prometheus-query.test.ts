/** The npm package prometheus-query: the query API as JavaScript programs ask it. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { PrometheusDriver, type RangeVector } from "prometheus-query";
import { startPeerHearth } from "../peer-hearth.ts";
import {
  INTERVAL_S,
  labelsOf,
  RATE_QUERY,
  rateOf,
  valueAt,
  writeQueryData,
  ZONES,
  type Zone,
} from "../query-data.ts";

/** Its own idea of a sample has a Date. */
function pointsOf({ values }: RangeVector): [time: number, value: number][] {
  return values.map(({ time, value }) => [Number(time) / 1000, value]);
}

it("answers the package prometheus-query", { timeout: 60_000 }, async (t) => {
  await using hearth = await startPeerHearth("prometheus-query");
  const { url, accessKeyId: username, secret: password } = hearth.target;
  const driver = new PrometheusDriver({ endpoint: url, auth: { username, password } });
  const data = await writeQueryData(hearth.target);
  const [start, end] = [new Date(data.start * 1000), new Date(data.end * 1000)];
  const { __name__: metric } = labelsOf(ZONES[0]);

  await t.test("instantQuery", async () => {
    const { resultType, result } = await driver.instantQuery(RATE_QUERY, end);
    assert.equal(resultType, "vector");
    assert.deepEqual(
      result.map(({ metric, value }) => [metric.labels, value.value]),
      ZONES.map((zone) => [{ zone }, rateOf(zone)]),
    );
  });

  await t.test("rangeQuery", async () => {
    const { resultType, result } = await driver.rangeQuery(metric, start, end, INTERVAL_S);
    assert.equal(resultType, "matrix");
    for (const [i, zone] of ZONES.entries()) {
      const points = pointsOf(result[i]);
      assert.equal(points[0][0], data.start);
      assert.equal(points.at(-1)![0], data.end);
      assert.deepEqual(
        points,
        points.map(([time]) => [time, valueAt(data, zone, time)]),
      );
    }
  });

  await t.test("series, labelNames, labelValues", async () => {
    const found = await driver.series(`${metric}{job="shop"}`, start, end);
    assert.deepEqual(
      found.map(({ name, labels }) => [name, labels]),
      ZONES.map((zone) => {
        const { __name__: name, ...labels } = labelsOf(zone);
        return [name, labels];
      }),
    );
    assert.deepEqual(await driver.labelNames(), ["__name__", "job", "zone"]);
    assert.deepEqual((await driver.labelValues("zone")) as Zone[], ZONES);
  });

  await t.test("the version", async () => {
    const { version } = await driver.statusBuildinfo();
    assert.match(version, /^3\.\d+\.\d+$/);
  });

  await t.test("rules, alerts and metadata, of which there are none", async () => {
    assert.deepEqual(await driver.rules(), []);
    assert.deepEqual(await driver.alerts(), []);
    assert.deepEqual(await driver.metadata(), {});
  });

  await t.test("an error", async () => {
    const error = 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis';
    await assert.rejects(driver.instantQuery("sum("), { httpStatus: 400, error });
  });
  await hearth.stop();
});
