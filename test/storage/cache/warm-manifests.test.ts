import assert from "node:assert/strict";
import { test } from "node:test";
import { WarmCache } from "../../../lib/storage/cache/warm-cache.ts";
import { WarmManifests } from "../../../lib/storage/cache/warm-manifests.ts";
import { manifestKey } from "../../../lib/storage/layout/keys.ts";
import { EMPTY_MANIFEST, encodeManifest } from "../../../lib/storage/layout/manifest.ts";

const itemOf = (day: number, generation: number, tenant = "t") => ({
  ...manifestKey(tenant, day),
  value: encodeManifest({ ...EMPTY_MANIFEST, generation }),
});

test("a manifest is decoded again only once its bytes have changed", () => {
  const { decode } = new WarmManifests(new WarmCache(1_000_000));
  const first = decode(itemOf(1, 5));
  assert.equal(first.generation, 5);
  assert.equal(decode(itemOf(1, 5)), first);
  assert.equal(decode(itemOf(1, 6)).generation, 6);
  assert.notEqual(decode(itemOf(1, 5)), first);
});

test("days and tenants have manifests of their own", () => {
  const { decode } = new WarmManifests(new WarmCache(1_000_000));
  assert.equal(decode(itemOf(1, 5)).generation, 5);
  assert.equal(decode(itemOf(2, 6)).generation, 6);
  assert.equal(decode(itemOf(1, 7, "u")).generation, 7);
  assert.equal(decode(itemOf(1, 5)).generation, 5);
});

test("a damaged manifest throws each time", () => {
  const { decode } = new WarmManifests(new WarmCache(1_000_000));
  const item = { ...itemOf(1, 5), value: Uint8Array.of(2, 5) };
  for (let i = 0; i < 2; i++) assert.throws(() => decode(item), { kind: "data" });
});
