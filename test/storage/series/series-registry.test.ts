import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type Label, type LabelSet, printLabels } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { Rejections } from "../../../lib/model/rejections.ts";
import { BatchSeries } from "../../../lib/storage/series/batch-series.ts";
import { hashHex, seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { REJECTED, SeriesRegistry } from "../../../lib/storage/series/series-registry.ts";
import { decodeWriteRequest } from "../../../lib/wire/write-v1.ts";
import { batchOf } from "../../helpers/write-requests.ts";
import { fromHex } from "../../wire/prometheus-proto.ts";

const UP: Label = ["__name__", "up"];

/** The hash of each label set (hex), or REJECTED. */
function resolveAll(
  registry: SeriesRegistry,
  rejections: Rejections,
  ...sent: Label[][]
): (string | typeof REJECTED)[] {
  const batch = batchOf(...sent.map((labels) => ({ labels, samples: [] })));
  const series = new BatchSeries(batch, 0, sent.length, registry, DEFAULT_LIMITS);
  return sent.map((_, i) => {
    const number = series.resolve(i, rejections);
    return number === REJECTED ? REJECTED : hashHex(series.hash(number));
  });
}

const hexOf = (...labels: Label[]) => hashHex(seriesHash(labels));

/** A registry, and how often it hashed. */
function countingRegistry() {
  const counts = { hashed: 0 };
  const hash = (labels: LabelSet) => {
    counts.hashed++;
    return seriesHash(labels);
  };
  return { counts, registry: new SeriesRegistry(DEFAULT_LIMITS, hash, randomBytes) };
}

test("every spelling of a series has its hash, and a known spelling is not hashed again", () => {
  const { counts, registry } = countingRegistry();
  const rejections = new Rejections();
  const spellings: Label[][] = [
    [UP, ["a", "1"]],
    [["a", "1"], UP],
    [UP, ["b", ""], ["a", "1"]],
    [UP],
    [UP, ["a", "1"]],
  ];
  const expected = spellings.map((_, i) => (i === 3 ? hexOf(UP) : hexOf(UP, ["a", "1"])));
  assert.deepEqual(resolveAll(registry, rejections, ...spellings), expected);
  assert.deepEqual(resolveAll(registry, rejections, ...spellings), expected);
  assert.equal(counts.hashed, 4);
  assert.equal(rejections.count, 0);
});

test("the labels of a batch's series are read from the batch", () => {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  const batch = batchOf({ labels: [["a", "1"], ["b", ""], UP], samples: [] });
  const series = new BatchSeries(batch, 0, 1, registry, DEFAULT_LIMITS);
  assert.equal(printLabels(series.labels(series.resolve(0, new Rejections()))), 'up{a="1"}');
});

test("says each time what is wrong with a series, and learns nothing from it", () => {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  const before = registry.sizeBytes;
  const rejections = new Rejections();
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(resolveAll(registry, rejections, [["a", "1"]], [UP, UP]), [REJECTED, REJECTED]);
  }
  assert.equal(rejections.count, 4);
  assert.equal(registry.sizeBytes, before);
});

test("a label that is not UTF-8 is refused", () => {
  const broken = decodeWriteRequest(fromHex("0a 07 0a 05 0a 03 61 ff 62"), DEFAULT_LIMITS);
  const rejections = new Rejections();
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  assert.equal(new BatchSeries(broken, 0, 1, registry, DEFAULT_LIMITS).resolve(0, rejections), REJECTED);
  assert.match(rejections.reasons[0], /^series \{a\ufffdb=""\}: protobuf: .*UTF-8/);
});

const labelSets = (first: number, count: number) =>
  Array.from({ length: count }, (_, i): Label[] => [UP, ["instance", `host-${first + i}:9100`]]);
const hexes = (all: readonly Label[][]) => all.map((labels) => hexOf(...labels));

test("10,000 series are counted in its size", () => {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  resolveAll(registry, new Rejections(), ...labelSets(0, 10_000));
  assert.ok(registry.sizeBytes > 10_000 * 100);
});

test("a registry keeps its limit, and a circle of twice what it holds is hashed half of the time at most", () => {
  const { counts, registry } = countingRegistry();
  const maxBytes = 2_000_000;
  registry.limit(maxBytes);
  const all = labelSets(0, 20_000);
  const expected = hexes(all);
  for (let round = 0; round < 6; round++) {
    if (round === 4) counts.hashed = 0;
    assert.deepEqual(resolveAll(registry, new Rejections(), ...all), expected);
    assert.ok(registry.sizeBytes <= maxBytes, `${registry.sizeBytes}`);
  }
  assert.ok(counts.hashed > 0 && counts.hashed < 2 * 0.75 * all.length, `${counts.hashed}`);
});

test("series that are no longer sent make room for others", () => {
  const { counts, registry } = countingRegistry();
  registry.limit(2_000_000);
  for (let first = 0; first < 100_000; first += 5000) {
    const all = labelSets(first, 5000);
    for (let round = 0; round < 8; round++) resolveAll(registry, new Rejections(), ...all);
    counts.hashed = 0;
    resolveAll(registry, new Rejections(), ...all);
    assert.ok(counts.hashed <= 500, `${counts.hashed} of 5000 from ${first} on`);
  }
});

test("a limit that falls is kept at once, and what is left answers as before", () => {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  const all = labelSets(0, 20_000);
  resolveAll(registry, new Rejections(), ...all);
  for (const maxBytes of [2_000_000, 600_000, 300_000]) {
    registry.limit(maxBytes);
    assert.ok(registry.sizeBytes <= maxBytes, `${registry.sizeBytes} of ${maxBytes}`);
    assert.deepEqual(resolveAll(registry, new Rejections(), ...all), hexes(all));
  }
});
