/** What lookups read: a limit ends the reading, and without a start the latest days are read. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_LOOKUP_DAYS } from "../../../lib/http/query/lookup.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DAY_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { MIN_RESULTS } from "../../../lib/storage/read/lookup-limit.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";

const TRUNCATED = "results truncated due to limit";

async function open(limits = {}) {
  const gateway = await TestGateway.open(limits);
  const settings = { ...DEFAULT_PROMQL_SETTINGS, takesExperiments: true };
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, settings));
  const ask = async (path: string) => {
    const response = await gateway.fetch(path, { headers: { Authorization: basic("HKA") } });
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
    const json = (await response.json()) as any;
    const units = Number(response.headers.get("X-Hearth-Read-Units"));
    return { ...json, status: response.status, units };
  };
  return { gateway, ask };
}

type Ask = Awaited<ReturnType<typeof open>>["ask"];

/** More series than a query may select. */
const MANY = 100_001;

describe("100,001 series", async () => {
  const { gateway, ask } = await open();
  const nowMs = gateway.nowMs;
  for (let first = 0; first < MANY; first += 5000) {
    const some = Array.from({ length: Math.min(5000, MANY - first) }, (_, i) =>
      series("big", { i: `${first + i}`, [`n${(first + i) % 6000}`]: "1" }, [nowMs, 1]),
    );
    assert.equal((await gateway.write(some)).status, 200);
  }
  await gateway.compact();
  gateway.nowMs = nowMs;
  const LOOKUPS: readonly (readonly [path: string, limit: number])[] = [
    ["/api/v1/series?match[]=big&limit=", 10],
    ["/api/v1/labels?match[]=big&limit=", 3],
    ["/api/v1/label/i/values?match[]=big&limit=", 2],
  ];
  for (const [path, limit] of LOOKUPS) {
    test(`${path}${limit}: the response says that it is truncated`, async () => {
      const { status, data, warnings } = await ask(`${path}${limit}`);
      assert.deepEqual([status, data?.length, warnings], [200, limit, [TRUNCATED]]);
    });
  }

  test("without a limit, or with a larger one than may be, an error names the ways out", async () => {
    for (const path of ["/api/v1/series?match[]=big", `/api/v1/series?match[]=big&limit=${MANY}`]) {
      const { status, error } = await ask(path);
      assert.equal(status, 422);
      assert.match(
        error,
        /more than 100000 series match \{__name__="big"\}; add matchers, a limit up to 100000 or/,
      );
    }
  });

  test("the error of a query names the selector that is to blame", async () => {
    const { status, error } = await ask("/api/v1/query?query=big%20or%20vector(1)");
    assert.equal(status, 422);
    assert.match(error, /more than 100000 series match \{__name__="big"\}; add matchers or shorten/);
  });

  test("limitk picks of the series that may be read, and warns that there are more", async () => {
    const { status, data, warnings } = await ask("/api/v1/query?query=limitk(10,big)");
    assert.deepEqual([status, data?.result.length], [200, 10]);
    assert.deepEqual(warnings, [`PromQL warning: ${TRUNCATED} (1:11)`]);
  });

  test("status/tsdb counts all of them", async () => {
    const { status, data } = await ask("/api/v1/status/tsdb?limit=1");
    assert.deepEqual([status, data.headStats.numSeries], [200, MANY]);
    assert.deepEqual(data.seriesCountByMetricName, [{ name: "big", value: MANY }]);
    assert.equal(data.labelValueCountByLabelName.length, 1);
  });
});

test("a limit bounds the reading: days after the first ones with enough results are not read", async () => {
  const { gateway, ask } = await open();
  const { nowMs } = gateway;
  const days = 16;
  for (let ago = 0; ago < days; ago++) {
    const some = Array.from({ length: MIN_RESULTS / 2 }, (_, i) =>
      series("m", { [`n${i}`]: "1", i: `${ago}/${i}` }, [nowMs - ago * DAY_MS, 1]),
    );
    await gateway.write(some);
  }
  for (const path of ["/api/v1/series?match[]=m", "/api/v1/label/i/values?start=0"]) {
    const whole = await ask(path);
    const limited = await ask(`${path}&limit=10`);
    assert.equal(limited.data.length, 10);
    assert.ok(limited.units < whole.units / 2, `${limited.units} of ${whole.units}`);
  }
});

describe("limitk past the limit of series", async () => {
  const { gateway, ask } = await open({ maxQuerySeries: 3 });
  const { nowMs } = gateway;
  const [today, yesterday] = [nowMs, nowMs - DAY_MS];
  // Each day has series that the other has not: whichever are left out, they are left out of both days.
  const ofDay = (timeMs: number, numbers: readonly number[]) =>
    gateway.write(numbers.map((i) => series("m", { i: `${i}` }, [timeMs, i])));
  await ofDay(yesterday, [0, 1, 2, 3, 4, 5]);
  await ofDay(today, [2, 3, 4, 5, 6, 7]);
  const range = `start=${yesterday / 1000}&end=${today / 1000}&step=${DAY_MS / 1000}`;
  const askRange = (query: string) => ask(`/api/v1/query_range?${range}&query=${encodeURIComponent(query)}`);

  test("a picked series has its samples of every day", async () => {
    const { status, data, warnings } = await askRange("limitk(3, m)");
    assert.equal(status, 200);
    assert.match(warnings?.join(), /results truncated due to limit/);
    const days = (i: number) => [...(i <= 5 ? [yesterday] : []), ...(i >= 2 ? [today] : [])];
    for (const { metric, values } of data.result) {
      const expected = days(Number(metric.i)).map((timeMs) => [timeMs / 1000, metric.i]);
      assert.deepEqual(values, expected);
    }
    assert.equal(data.result.length, 3);
  });

  test("other queries need every series", async () => {
    for (const query of [
      "limitk by (i) (1, m)",
      "limitk(1, m) or count(m)",
      "limitk(1, sum by (i) (m))",
      "m",
    ]) {
      const { status, error } = await askRange(query);
      assert.deepEqual([status, /more than 3 series/.test(error)], [422, true], query);
    }
  });
});

test("below so many results a limited response has the first ones in their order", async () => {
  const { gateway, ask } = await open();
  const nowMs = gateway.nowMs;
  const names = Array.from({ length: MIN_RESULTS }, (_, i) => String(i).padStart(5, "0"));
  await gateway.write(names.toReversed().map((i) => series("m", { i }, [nowMs, 1])));
  const { data, warnings } = await ask("/api/v1/label/i/values?limit=3");
  assert.deepEqual([data, warnings], [names.slice(0, 3), [TRUNCATED]]);
  assert.equal((await ask(`/api/v1/label/i/values?limit=${MIN_RESULTS}`)).warnings, undefined);
});

describe("a lookup without a start", () => {
  const DAYS = DEFAULT_LOOKUP_DAYS + 12;
  const write = async (days: number) => {
    const { gateway, ask } = await open();
    const nowMs = gateway.nowMs;
    for (let ago = 0; ago < days; ago++)
      await gateway.write([series("m", { day: `${ago}` }, [nowMs - ago * DAY_MS, 1])]);
    return { ask, nowMs };
  };
  const found = async (ask: Ask, query: string) => {
    const { data, warnings, units } = await ask(`/api/v1/label/day/values?${query}`);
    return { count: data.length, warnings, units };
  };

  test("reads the latest days that have samples, and says how many it left out", async () => {
    const { ask, nowMs } = await write(DAYS);
    const { count, warnings, units } = await found(ask, "");
    assert.equal(count, DEFAULT_LOOKUP_DAYS);
    assert.deepEqual(warnings, [
      "without start only the latest 30 days with samples are read, and 12 more have samples; give start for them",
    ]);
    const all = await found(ask, "start=0");
    assert.deepEqual([all.count, all.warnings], [DAYS, undefined]);
    assert.ok(units < all.units);
    const end = (nowMs - 5 * DAY_MS) / 1000;
    assert.deepEqual((await found(ask, `end=${end}`)).warnings?.length, 1);
    for (const path of ["/api/v1/labels", "/api/v1/series?match[]=m"])
      assert.match((await ask(path)).warnings[0], /12 more have samples/);
  });

  test("says nothing where it reads all", async () => {
    const { ask } = await write(DEFAULT_LOOKUP_DAYS);
    assert.equal((await found(ask, "")).warnings, undefined);
  });
});
