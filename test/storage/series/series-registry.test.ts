import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type Label, printLabels } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { Rejections } from "../../../lib/model/rejections.ts";
import { seriesHash } from "../../../lib/storage/series/series-hash.ts";
import { REJECTED, SeriesRegistry } from "../../../lib/storage/series/series-registry.ts";
import { decodeWriteRequest } from "../../../lib/wire/write-v1.ts";
import { batchOf } from "../../helpers/write-requests.ts";
import { fromHex } from "../../wire/prometheus-proto.ts";

const UP: Label = ["__name__", "up"];

function resolveAll(registry: SeriesRegistry, rejections: Rejections, ...sent: Label[][]): number[] {
  const batch = batchOf(...sent.map((labels) => ({ labels, samples: [] })));
  return sent.map((_, i) => registry.resolve(batch, i, rejections));
}

test("numbers series from 0; every spelling of one is that one", () => {
  let hashed = 0;
  const registry = new SeriesRegistry(
    DEFAULT_LIMITS,
    (labels) => {
      hashed++;
      return seriesHash(labels);
    },
    randomBytes,
  );
  const rejections = new Rejections();
  const spellings: Label[][] = [
    [UP, ["a", "1"]],
    [["a", "1"], UP],
    [UP, ["b", ""], ["a", "1"]],
    [UP],
    [UP, ["a", "1"]],
  ];
  assert.deepEqual(resolveAll(registry, rejections, ...spellings), [0, 0, 0, 1, 0]);
  assert.deepEqual(resolveAll(registry, rejections, ...spellings), [0, 0, 0, 1, 0]);
  assert.equal(hashed, 4, "a known spelling is not hashed");
  assert.equal(rejections.count, 0);
  assert.equal(printLabels(registry.labels(0)), 'up{a="1"}');
  assert.deepEqual(registry.hash(1), seriesHash([UP]));
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
  assert.equal(registry.resolve(broken, 0, rejections), REJECTED);
  assert.match(rejections.reasons[0].reason, /^series with unreadable labels: protobuf: .*UTF-8/);
});

test("10,000 series are counted in its size", () => {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  const labels = Array.from({ length: 10_000 }, (_, i): Label[] => [UP, ["instance", `host-${i}:9100`]]);
  resolveAll(registry, new Rejections(), ...labels);
  assert.ok(registry.sizeBytes > 10_000 * 200);
});
