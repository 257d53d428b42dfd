/** What a process makes of the `Date` of DynamoDB's responses: its own clock corrected, or no write. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { ClockGuard } from "../../../lib/storage/dynamodb/clock-guard.ts";
import { MAX_CLOCK_ERROR_MS, ServiceClock } from "../../../lib/storage/dynamodb/service-clock.ts";
import { openTimedTable } from "../../../lib/storage/dynamodb/timed-table.ts";
import { startFakeDynamoDB } from "../../helpers/aws/fake-dynamodb.ts";
import { floorToSecond, NOW_MS, turned } from "../../helpers/aws/turned-clock.ts";

const OFFSETS_MS = [11 * SECOND_MS, MINUTE_MS, 14 * MINUTE_MS, HOUR_MS, DAY_MS].flatMap((ms) => [ms, -ms]);
const item = { pk: Uint8Array.of(1), sk: Uint8Array.of(1), value: Uint8Array.of(1) };

describe("the clock", () => {
  it("is left as it is while it differs by less than the limit, whatever the response's second", () => {
    for (const offsetMs of [0, 4000, -4000, 8900, -8900]) {
      const { clock, respond, turn, local } = turned();
      for (let i = 0; i < 10; i++) {
        respond(offsetMs);
        turn(337);
        assert.equal(clock.now(), local());
        assert.ok(clock.isSure);
      }
    }
  });

  for (const offsetMs of OFFSETS_MS) {
    it(`is corrected by ${offsetMs} ms once two responses agree, to a second`, () => {
      const { clock, respond, turn, local } = turned();
      respond(offsetMs);
      assert.equal(clock.isSure, false);
      assert.equal(clock.now(), local(), "one response alone is not believed");
      respond(offsetMs);
      assert.ok(clock.isSure);
      for (let i = 0; i < 20; i++) {
        turn(1234);
        respond(offsetMs);
        const errorMs = clock.now() - (local() + offsetMs);
        assert.ok(Math.abs(errorMs) <= SECOND_MS, `${errorMs} ms`);
      }
    });

    it(`follows a step of ${offsetMs} ms, and back`, () => {
      const { clock, respond, turn, local } = turned();
      for (let i = 0; i < 10; i++) respond(0);
      turn(-offsetMs);
      for (let i = 0; i < 2; i++) respond(offsetMs);
      assert.ok(Math.abs(clock.now() - local() - offsetMs) <= SECOND_MS);
      turn(offsetMs);
      for (let i = 0; i < 2; i++) respond(0);
      assert.equal(clock.now(), local());
    });
  }

  it("ignores one response of another time among those that agree", () => {
    const { clock, respond, local } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    respond(HOUR_MS);
    assert.equal(clock.isSure, false);
    respond(0);
    assert.ok(clock.isSure);
    assert.equal(clock.now(), local());
  });

  it("is not flipped to and fro by an offset at the limit", () => {
    const { clock, respond } = turned();
    for (let i = 0; i < 2; i++) respond(MAX_CLOCK_ERROR_MS + 2000);
    const corrections = new Set<boolean>();
    for (let i = 0; i < 20; i++) {
      respond(MAX_CLOCK_ERROR_MS + (i % 2 === 0 ? -900 : 900));
      corrections.add(clock.correctionMs > 0);
    }
    assert.deepEqual([...corrections], [true]);
    for (let i = 0; i < 5; i++) respond(0);
    assert.equal(clock.correctionMs, 0);
  });

  it("learns nothing of a response that took long, or in which the clock stepped back, or of no date", () => {
    const { clock, respond } = turned();
    respond(HOUR_MS, MAX_CLOCK_ERROR_MS + 1);
    clock.observe(NOW_MS + HOUR_MS, NOW_MS, NOW_MS - 1);
    clock.observe(Number.NaN, NOW_MS, NOW_MS);
    assert.equal(clock.offsetMs, undefined);
    assert.equal(clock.isSure, false);
  });
});

for (const [what, tripMs] of [
  ["took too long", MAX_CLOCK_ERROR_MS + 1],
  ["came before it was asked for", -1],
] as const)
  it(`a response that ${what} leaves the clock in doubt until the next one`, async () => {
    const { clock, respond, turn } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    const guard = new ClockGuard(clock, async () => respond(HOUR_MS));
    // The clock steps back by an hour beside a write whose response does not say the time.
    const work = async () => {
      turn(-HOUR_MS);
      respond(HOUR_MS, tripMs);
    };
    await assert.rejects(guard.run(work), { kind: "unavailable", message: /off by 36\d\d s/ });
  });

/** A table on a service whose clock is ahead by `offset` ms, which the test may change. */
async function openAhead(offsetOf: (call: number) => number | undefined) {
  const dates: string[] = [];
  const fake = await startFakeDynamoDB(({ number, headers }) => {
    dates.push(String(headers["x-amz-date"]));
    const offsetMs = offsetOf(number);
    const date = offsetMs === undefined ? undefined : new Date(NOW_MS + offsetMs).toUTCString();
    return { body: { ConsumedCapacity: { CapacityUnits: 1 } }, headers: { date } };
  });
  const { endpoint } = fake;
  const timed = openTimedTable({ tableName: "hearth", clock: () => NOW_MS, randomBytes, endpoint });
  const close = async () => {
    timed.table.close();
    await fake.close();
  };
  return { ...timed, calls: fake.calls, dates, [Symbol.asyncDispose]: close };
}

describe("work between two looks at the clock", () => {
  for (const offsetMs of OFFSETS_MS) {
    it(`runs with the service's time, ${offsetMs} ms from ours`, async () => {
      await using service = await openAhead(() => offsetMs);
      const usedMs = await service.clockGuard.run(async () => {
        await service.table.put(item);
        return service.clock();
      });
      assert.ok(Math.abs(usedMs - NOW_MS - offsetMs) <= SECOND_MS);
      assert.ok(service.clockGuard.notableOffsetMs >= Math.abs(offsetMs) - SECOND_MS);
      assert.deepEqual(
        service.calls.map(({ operation }) => operation),
        ["GetItem", "GetItem", "PutItem"],
      );
      await service.clockGuard.run(() => service.table.put(item));
      assert.equal(service.calls.length, 4, "a clock that is known costs no call");
    });

    it(`fails "unavailable" when the clock turns out ${offsetMs} ms off only then`, async () => {
      let isStepped = false;
      await using service = await openAhead(() => (isStepped ? offsetMs : 0));
      const work = async () => {
        isStepped = true;
        await service.table.put(item);
      };
      await assert.rejects(service.clockGuard.run(work), {
        kind: "unavailable",
        message: /the clock of this process was off by -?\d+ s; it is corrected, send the request again/,
      });
      await service.clockGuard.run(work);
    });
  }

  it("does not run while responses disagree", async () => {
    await using service = await openAhead((call) => (call + 1) * HOUR_MS);
    await service.clockGuard
      .run(async () => {})
      .then(
        () => assert.fail("ran"),
        (error: Error) => {
          assert.equal((error as Error & { kind: string }).kind, "unavailable");
          assert.match(error.message, /Date headers disagree/);
        },
      );
    assert.equal(service.calls.length, 4);
  });

  it("does not believe a doubtful result of a clock that stepped since the last call", async () => {
    let offsetMs = 0;
    await using service = await openAhead(() => offsetMs);
    await service.table.put(item);
    offsetMs = HOUR_MS;
    const refuse = () =>
      service.clockGuard.run(
        async () => ({ ofMs: service.clock() }),
        ({ ofMs }) => ({ minTime: ofMs, maxTime: ofMs }),
      );
    await assert.rejects(refuse(), {
      kind: "unavailable",
      message: /it is corrected, send the request again/,
    });
    const { ofMs } = await refuse();
    assert.ok(Math.abs(ofMs - NOW_MS - HOUR_MS) <= SECOND_MS);
    assert.equal(service.calls.length, 4);
  });

  it("does not believe a doubtful result beside a response that took too long to say the time", async () => {
    const local = { ms: NOW_MS };
    const clock = new ServiceClock(() => local.ms);
    const trips = [20, 11 * SECOND_MS, 20, 20];
    const guard = new ClockGuard(clock, async () => {
      const sentMs = local.ms;
      local.ms += trips.shift()!;
      clock.observe(floorToSecond(local.ms - HOUR_MS), sentMs, local.ms);
    });
    clock.observe(NOW_MS, NOW_MS, NOW_MS);
    trips.shift();
    await assert.rejects(
      guard.run(
        async () => {
          local.ms += HOUR_MS;
        },
        () => ({ minTime: local.ms, maxTime: local.ms }),
      ),
      { kind: "unavailable", message: /it is corrected, send the request again/ },
    );
    assert.deepEqual(trips, []);
  });

  for (const offMs of [-40 * DAY_MS, -HOUR_MS, -6 * MINUTE_MS, MINUTE_MS, 40 * DAY_MS])
    it(`does not believe what was judged by a clock that was off by ${offMs} ms for a moment`, async () => {
      await using service = await openAhead(() => 0);
      const judged = { minTime: NOW_MS + offMs, maxTime: NOW_MS + offMs };
      const work = service.clockGuard.run(
        () => service.table.put(item),
        () => judged,
      );
      await assert.rejects(work, { kind: "unavailable", message: /was off by -?\d+ s; it is corrected/ });
    });

  it("believes what was judged within the minutes before the response", async () => {
    await using service = await openAhead(() => 0);
    const judged = { minTime: NOW_MS - 4 * MINUTE_MS, maxTime: NOW_MS + SECOND_MS };
    await service.clockGuard.run(
      async () => {},
      () => judged,
    );
  });

  it("begins with a response where the last one was minutes ago, and makes no call where it was not", async () => {
    const { clock, respond, turn, local } = turned();
    for (let i = 0; i < 2; i++) respond(0);
    let probes = 0;
    const guard = new ClockGuard(clock, async () => {
      probes++;
      respond(0);
    });
    turn(4 * MINUTE_MS);
    await guard.run(async () => {});
    assert.equal(probes, 0);
    turn(2 * MINUTE_MS);
    await guard.run(async () => assert.ok(Math.abs(guard.bounded() - local()) <= SECOND_MS));
    assert.equal(probes, 1);
  });

  it("dates nothing by a clock that was weeks ahead since the last response", async () => {
    const { clock, respond, turn, local } = turned();
    for (let i = 0; i < 2; i++) respond(0);
    // A moment later the clock is right again: responses agree with one another all the while.
    turn(40 * DAY_MS);
    const guard = new ClockGuard(clock, async () => {
      turn(-40 * DAY_MS);
      respond(0);
    });
    await guard.run(async () => assert.ok(Math.abs(guard.bounded() - local()) <= SECOND_MS));
  });

  it("fails where the clock was corrected meanwhile, and back", async () => {
    const { clock, respond } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    const guard = new ClockGuard(clock, async () => respond(0));
    const work = async () => {
      for (const offsetMs of [DAY_MS, DAY_MS, 0, 0]) respond(offsetMs);
    };
    await assert.rejects(guard.run(work), { kind: "unavailable", message: /was off for a while/ });
    await guard.run(async () => respond(0));
  });

  it("does not take a first response that came too late for a service without a Date", async () => {
    const { clock, respond, local } = turned();
    let probes = 0;
    const guard = new ClockGuard(clock, async () => {
      respond(DAY_MS, ++probes === 1 ? 28 * SECOND_MS : 20);
    });
    let told = 0;
    const judged = guard.run(async () => {
      told = clock.now();
    });
    await judged;
    assert.ok(Math.abs(told - (local() + DAY_MS)) <= SECOND_MS, "judged by the service's time");
    assert.equal(probes, 3);
  });

  it("fails where every response takes too long to say the time", async () => {
    const local = { ms: NOW_MS };
    const clock = new ServiceClock(() => local.ms);
    const guard = new ClockGuard(clock, async () => {
      const sentMs = local.ms;
      local.ms += 11 * SECOND_MS;
      clock.observe(floorToSecond(local.ms), sentMs, local.ms);
    });
    clock.observe(NOW_MS, NOW_MS, NOW_MS);
    await assert.rejects(guard.check(true), {
      kind: "unavailable",
      message: /came too late to tell the time/,
    });
  });

  it("asks once more where it is told to", async () => {
    let offsetMs = 0;
    await using service = await openAhead(() => offsetMs);
    await service.table.put(item);
    offsetMs = -HOUR_MS;
    await service.clockGuard.check(true);
    assert.ok(Math.abs(service.clock() - NOW_MS + HOUR_MS) <= SECOND_MS);
  });

  it("runs by this process' own clock where no response has a date", async () => {
    await using service = await openAhead(() => undefined);
    assert.equal(await service.clockGuard.run(async () => service.clock()), NOW_MS);
    assert.equal(service.clockGuard.notableOffsetMs, 0);
  });

  it("fails as the call does that asks for the time", async () => {
    const guard = new ClockGuard(new ServiceClock(() => NOW_MS), async () => {
      throw new Error("away");
    });
    await assert.rejects(
      guard.run(async () => assert.fail("ran")),
      /away/,
    );
  });
});

it("signs with the corrected time", async () => {
  await using service = await openAhead(() => HOUR_MS);
  for (let i = 0; i < 3; i++) await service.table.put(item);
  assert.deepEqual(service.dates, ["20261123T120000Z", "20261123T120000Z", "20261123T130000Z"]);
});
