/** What is said of metrics: stored when it is new, renewed when it is old, and for nothing in between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import { METRIC_TYPES, type MetricMetadata } from "../../../lib/model/metric-metadata.ts";
import type { AppendBatch } from "../../../lib/model/sample-batch.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { MAX_METADATA_METRICS, MAX_METADATA_VARIANTS } from "../../../lib/storage/metadata/known-metadata.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecords,
} from "../../../lib/storage/metadata/metadata-record.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { batchOf } from "../../helpers/write-requests.ts";

const SEED = 20261123;
const about = (
  metricFamilyName: string,
  help = "",
  type: MetricMetadata["type"] = "counter",
): MetricMetadata => ({
  metricFamilyName,
  type,
  unit: "",
  help,
});
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => about(`metric_${i}`, `what ${i} counts`));

function batch(all: readonly MetricMetadata[]): AppendBatch {
  return { ...batchOf(), metadata: { count: all.length, decode: (index) => all[index] } };
}

class MetadataEngine extends Engine {
  readonly faulty = new FaultyTable();

  say(writers: Writers, ...all: readonly MetricMetadata[]) {
    return writers.appender({ tenant: "t", retentionMs: 0 }, this.faulty).append(batch(all));
  }

  async helps(metric?: string): Promise<Record<string, string[]>> {
    const found = await new Engine({ table: this.faulty }).reader().metadata(metric);
    return Object.fromEntries([...found].map(([name, all]) => [name, all.map(({ help }) => help)]));
  }
}

function open(): MetadataEngine {
  const engine = new MetadataEngine();
  engine.tickMs = 0;
  return engine;
}

test("a record gives back what it got, and is refused when cut", () => {
  const metadata = fc.record(
    {
      metricFamilyName: fc.string({ unit: "binary" }),
      type: fc.constantFrom(...METRIC_TYPES),
      unit: fc.string(),
      help: fc.string({ unit: "binary" }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(metadata, { minLength: 1, maxLength: 5 }), (all) => {
      const [record, ...more] = encodeMetadataRecords(all);
      assert.equal(more.length, 0);
      assert.deepEqual(decodeMetadataRecord(record), all);
      for (let length = 0; length < record.length; length++) {
        assert.throws(
          () => decodeMetadataRecord(record.slice(0, length)),
          (error) => error instanceof HearthError && error.kind === "data",
        );
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
  const large = Array.from({ length: 2000 }, (_, i) => about(`m${i}`, "é".repeat(1024)));
  const records = [...encodeMetadataRecords(large)];
  assert.ok(records.length > 1);
  assert.deepEqual(records.flatMap(decodeMetadataRecord), large);
});

test("of 1,500 metrics said every minute one item is stored, and then nothing, by whatever process", async () => {
  const engine = open();
  const warm = engine.newWriters();
  assert.equal((await engine.say(warm, ...many(1500))).storedMetadata, 1500);
  assert.deepEqual(engine.faulty.calls, ["query M", "putAll M"]);
  for (let minute = 0; minute < 60; minute++) {
    engine.nowMs += MINUTE_MS;
    assert.equal((await engine.say(warm, ...many(1500))).storedMetadata, 0);
  }
  assert.equal(engine.faulty.calls.length, 2);
  assert.equal((await engine.say(engine.newWriters(), ...many(1500))).storedMetadata, 0);
  assert.deepEqual(engine.faulty.calls.slice(2), ["query M"]);
  const found = await new Engine({ table: engine.faulty }).reader().metadata();
  assert.deepEqual(
    [found.size, found.get("metric_7")],
    [1500, [{ type: "counter", unit: "", help: "what 7 counts" }]],
  );
});

test("what it costs: 1,500 metrics take 20 write units, and 10 read units of a process that starts", async () => {
  const engine = open();
  const meter = newMeter();
  const table = engine.table.metered(meter);
  const say = () =>
    engine
      .newWriters()
      .appender({ tenant: "t", retentionMs: 0 }, table)
      .append(batch(many(1500)));
  await say();
  const { writeUnits } = meter;
  assert.ok(writeUnits > 0 && writeUnits <= 20, `${writeUnits}`);
  const before = meter.readUnits;
  await say();
  assert.equal(meter.writeUnits, writeUnits);
  assert.ok(meter.readUnits - before <= 10, `${meter.readUnits - before}`);
});

test("what is still said is recorded again before it expires; what is not any more leaves", async () => {
  const engine = open();
  const writers = engine.newWriters();
  await engine.say(writers, about("old"), about("kept"));
  engine.nowMs += 11 * DAY_MS;
  assert.equal((await engine.say(writers, about("kept"))).storedMetadata, 1);
  assert.equal((await engine.say(engine.newWriters(), about("kept"))).storedMetadata, 0);
  const reader = () => {
    const one = new Engine({ table: engine.faulty });
    one.nowMs = engine.nowMs;
    return one.reader();
  };
  assert.deepEqual([...(await reader().metadata()).keys()], ["kept", "old"]);
  engine.nowMs += 20 * DAY_MS;
  assert.deepEqual([...(await reader().metadata()).keys()], ["kept"]);
});

test("of what is said differently the last few are kept, and what changes each time is not stored each time", async () => {
  const engine = open();
  const writers = engine.newWriters();
  await engine.say(writers, about("a", "one"), about("a", "two"), about("b", "other"));
  await engine.say(writers, about("a", "two"), about("a", "one"));
  assert.deepEqual(await engine.helps("a"), { a: ["two", "one"] });
  assert.deepEqual(await engine.helps("c"), {});
  let stored = 0;
  for (let i = 0; i < 120; i++) {
    engine.nowMs += MINUTE_MS;
    stored += (await engine.say(writers, about("a", `turn ${i}`))).storedMetadata;
  }
  assert.ok(stored <= 5, `${stored}`);
  assert.equal((await engine.helps("a")).a.length, MAX_METADATA_VARIANTS);
  engine.nowMs += HOUR_MS;
  await engine.say(writers, about("a", "last"));
  assert.equal((await engine.helps("a")).a[0], "last");
});

test("limits: metrics of a tenant, what is looked at in a minute, texts", async () => {
  const engine = open();
  const writers = engine.newWriters();
  const all = many(MAX_METADATA_METRICS + 500);
  let stored = 0;
  for (let minute = 0; minute < 12; minute++) {
    const one = await engine.say(writers, ...all);
    assert.ok(one.storedMetadata <= 4000);
    assert.equal((await engine.say(writers, ...all)).storedMetadata, 0);
    stored += one.storedMetadata;
    engine.nowMs += MINUTE_MS;
  }
  assert.equal(stored, MAX_METADATA_METRICS);
  const other = open();
  await other.say(other.newWriters(), about("a", "é".repeat(5000)), about("x".repeat(5000)), about(""));
  assert.deepEqual(await other.helps(), { a: ["é".repeat(1024)] });
});

test("what cannot be read is refused with its reason, what cannot be stored is not taken for stored", async () => {
  const engine = open();
  const writers = engine.newWriters();
  const bad = {
    ...batchOf(),
    metadata: {
      count: 2,
      decode: (index: number) => {
        if (index === 0) throw new HearthError("invalid", "protobuf: no text");
        return about("good");
      },
    },
  };
  const { rejections, storedMetadata } = await writers
    .appender({ tenant: "t", retentionMs: 0 }, engine.faulty)
    .append(bad);
  assert.deepEqual([rejections.count, storedMetadata], [1, 1]);
  assert.match(rejections.reasons[0], /protobuf: no text/);
  engine.faulty.failOnce(0);
  await assert.rejects(() => engine.say(writers, about("new")), /unavailable|fail/);
  engine.faulty.heal();
  assert.equal((await engine.say(writers, about("new"))).storedMetadata, 1);
});
