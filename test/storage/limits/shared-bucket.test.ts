import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SECOND_MS } from "../../../lib/model/time.ts";
import { type Rate, SharedBucket } from "../../../lib/storage/limits/shared-bucket.ts";
import { Random } from "../../simulation/random.ts";

const START_MS = 1_790_000_000_000;
const SEED = 20_261_130;
const EXCHANGE_MS = 10 * SECOND_MS;

/** The bucket that knows everything as it happens. */
class TrueBucket {
  level = 0;
  #atMs = START_MS;

  levelAt(rate: Rate, nowMs: number): number {
    this.level = Math.max(0, this.level - ((nowMs - this.#atMs) / SECOND_MS) * rate.perSecond);
    this.#atMs = nowMs;
    return this.level;
  }
}

interface Instance {
  readonly bucket: SharedBucket;
  published: ReadonlyMap<number, number>;
  exchangedMs: number;
  /** What is added to the time for its clock, in ms. */
  skewMs: number;
}

/** Several instances with clocks of their own, which exchange counts as ledgers do. */
function newInstances(count: number, skew: () => number): Instance[] {
  return Array.from({ length: count }, () => ({
    bucket: new SharedBucket(),
    published: new Map(),
    exchangedMs: Number.NEGATIVE_INFINITY,
    skewMs: skew(),
  }));
}

function exchange(one: Instance, all: readonly Instance[], rate: Rate, nowMs: number): void {
  one.exchangedMs = nowMs;
  one.published = new Map(one.bucket.own);
  const others = new Map<number, number>();
  for (const other of all)
    if (other !== one)
      for (const [slot, accepted] of other.published) others.set(slot, (others.get(slot) ?? 0) + accepted);
  one.bucket.learn(others, rate, nowMs + one.skewMs);
}

describe("a bucket that several processes share", () => {
  test(`never refuses what is within the limit, whatever the clocks and instances (seed ${SEED})`, () => {
    const random = new Random(SEED);
    let requests = 0;
    for (let round = 0; round < 60; round++) {
      const rate = {
        perSecond: 100 + random.between(0, 1000 - 1),
        burst: 1000 + random.between(0, 30_000 - 1),
      };
      const instances = newInstances(
        1 + random.between(0, 12 - 1),
        () => random.between(0, 10_000 - 1) - 5000,
      );
      const truth = new TrueBucket();
      let nowMs = START_MS;
      for (let step = 0; step < 400; step++) {
        nowMs += random.between(0, random.chance(0.05) ? 600_000 : 4000);
        const one = instances[random.between(0, instances.length - 1)];
        // A clock that steps, by up to a day either way, and is corrected after the request.
        const stepMs = random.chance(0.02) ? random.between(-86_400_000, 86_400_000) : 0;
        if (random.chance(0.02)) one.skewMs = random.between(-5000, 5000);
        one.skewMs += stepMs;
        if (stepMs === 0 && nowMs - one.exchangedMs >= EXCHANGE_MS && random.between(0, 4 - 1) > 0)
          exchange(one, instances, rate, nowMs);
        // A lone process has its clock alone: where that was corrected by 10 s, so much less has drained.
        const corrected = instances.length === 1 ? 10 * rate.perSecond : 0;
        const room = rate.burst - truth.levelAt(rate, nowMs) - corrected;
        const count = Math.floor(room * (random.between(0, 100 - 1) / 100));
        if (count <= 0) {
          one.skewMs -= stepMs;
          continue;
        }
        requests++;
        const waitMs = one.bucket.wait(count, rate, nowMs + one.skewMs);
        assert.equal(waitMs, 0, `round ${round}, step ${step}: ${count} of ${room} refused for ${waitMs} ms`);
        one.bucket.take(count, nowMs + one.skewMs);
        truth.level += count;
        one.skewMs -= stepMs;
      }
    }
    assert.ok(requests > 5000, `${requests} requests`);
  });

  for (const instanceCount of [1, 2, 10, 50])
    test(`accepts at most what is stated, with ${instanceCount} instances`, () => {
      const rate = { perSecond: 1000, burst: 30_000 };
      const instances = newInstances(instanceCount, () => 0);
      const seconds = 3600;
      let accepted = 0;
      let lateAccepted = 0;
      for (let second = 0; second < seconds; second++) {
        for (let i = 0; i < instanceCount; i++) {
          const one = instances[i];
          const nowMs = START_MS + second * SECOND_MS + i;
          if (nowMs - one.exchangedMs >= EXCHANGE_MS) exchange(one, instances, rate, nowMs);
          // Ten times the limit, shared evenly.
          const count = Math.ceil((10 * rate.perSecond) / instanceCount);
          if (one.bucket.wait(count, rate, nowMs) > 0) continue;
          one.bucket.take(count, nowMs);
          accepted += count;
          if (second >= seconds / 2) lateAccepted += count;
        }
      }
      const delay = (2 * EXCHANGE_MS) / SECOND_MS;
      const burst = rate.burst + (instanceCount > 1 ? 20 * rate.perSecond : 0);
      const stated = rate.perSecond * seconds + burst + instanceCount * (burst + rate.perSecond * delay);
      assert.ok(accepted <= stated, `${accepted} of ${stated}`);
      // Not by refusing everything: the rate itself is used, but for the last debt.
      assert.ok(accepted >= rate.perSecond * seconds * 0.95, `${accepted}`);
      if (process.env.HEARTH_PRINT_LIMITS)
        console.log(
          instanceCount,
          accepted / (rate.perSecond * seconds),
          (2 * lateAccepted) / (rate.perSecond * seconds),
        );
    });

  test("accepts a request larger than the burst once the bucket is empty", () => {
    const rate = { perSecond: 10, burst: 100 };
    const bucket = new SharedBucket();
    assert.equal(bucket.wait(1000, rate, START_MS), 0);
    bucket.take(1000, START_MS);
    assert.equal(bucket.wait(1, rate, START_MS + 1000), 89_100);
    assert.equal(bucket.wait(1, rate, START_MS + 1000 + 89_100), 0);
    bucket.take(-900, START_MS + 2000);
    assert.equal(bucket.wait(1, rate, START_MS + 2000), 0);
  });

  test(`never refuses as many queries at once as may run, which count when they end (seed ${SEED})`, () => {
    const random = new Random(SEED);
    let begun = 0;
    for (let round = 0; round < 40; round++) {
      const atOnce = random.between(1, 8);
      const rate = { perSecond: atOnce * SECOND_MS, burst: atOnce * 30 * SECOND_MS };
      const instances = newInstances(random.between(1, 20), () => random.between(-5000, 5000));
      const running: { readonly endMs: number; readonly startMs: number; readonly of: Instance }[] = [];
      for (let nowMs = START_MS; nowMs < START_MS + 600_000; nowMs += random.between(1, 2000)) {
        for (const one of running.filter(({ endMs }) => endMs <= nowMs)) {
          running.splice(running.indexOf(one), 1);
          one.of.bucket.take(Math.min(one.endMs - one.startMs, 30_000), nowMs + one.of.skewMs);
        }
        for (const one of instances)
          if (nowMs - one.exchangedMs >= EXCHANGE_MS) exchange(one, instances, rate, nowMs);
        if (running.length >= atOnce) continue;
        const of = instances[random.between(0, instances.length - 1)];
        assert.equal(of.bucket.wait(0, rate, nowMs + of.skewMs), 0, `round ${round} at ${nowMs - START_MS}`);
        running.push({ of, startMs: nowMs, endMs: nowMs + random.between(1, 29_000) });
        begun++;
      }
    }
    assert.ok(begun > 1000, `${begun} queries`);
  });

  test("a clock set back forgives; one set ahead drains", () => {
    const rate = { perSecond: 10, burst: 100 };
    const bucket = new SharedBucket();
    assert.equal(bucket.wait(100, rate, START_MS), 0);
    bucket.take(100, START_MS);
    assert.ok(bucket.wait(50, rate, START_MS) > 0);
    assert.equal(bucket.wait(50, rate, START_MS - 1), 0);
  });
});
