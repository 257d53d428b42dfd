/** A small store with items of every kind, for fuzzers of stored items. */
import { randomBytes } from "node:crypto";
import { audit } from "../../lib/auth/audit.ts";
import { runCanary } from "../../lib/canary/canary.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { newMatcher } from "../../lib/model/matcher.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { storeNotices } from "../../lib/rules/delivery/told-store.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { storeSweptRetention } from "../../lib/storage/compact/sweep.ts";
import { addDeletion } from "../../lib/storage/deletion/deletion-store.ts";
import { dayOf, progressKey } from "../../lib/storage/layout/keys.ts";
import { Ledger } from "../../lib/storage/limits/ledger.ts";
import { encodeQuarantined } from "../../lib/storage/quarantine/quarantine-item.ts";
import { putGroupItem } from "../../lib/storage/rules/rule-items.ts";
import type { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Item } from "../../lib/storage/table/table.ts";
import { HaTracker } from "../../lib/storage/tenants/ha-tracker.ts";
import { changeTenantSettings, USUAL_HA_LABELS } from "../../lib/storage/tenants/tenant-settings.ts";
import { collectUsage } from "../../lib/storage/usage/collect-usage.ts";
import { UsageRecorder } from "../../lib/storage/usage/usage-recorder.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { histogram } from "../helpers/histograms.ts";
import { encodeMixedV1, encodeMixedV2, type MixedSeries } from "../helpers/mixed-requests.ts";
import { itemsOf } from "../helpers/storage/damage.ts";
import { TestGateway } from "../helpers/test-gateway.ts";
import { bitsOf } from "../helpers/write-requests.ts";
import { encodeMessage } from "../wire/prometheus-proto.ts";

export const TENANT = "t";

const V2 = { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };

/** More new series than a series record gives references of: they get a dictionary. */
const MANY_SERIES = 101;

/** Yesterday in chunks, today in runs and in the log; exemplars, metadata, settings, rules and what else is stored. */
export async function openStore(): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  const queries = newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS);
  addQueryRoutes(gateway.app, gateway.services, queries);
  const expectStored = async (response: Promise<Response>) => {
    const { status } = await response;
    if (status >= 300) throw new Error(`fuzzer's store: a write got ${status}`);
  };
  const write = async (timeMs: number) => {
    await expectStored(gateway.post("/api/v1/write", compress(encodeMixedV1(seriesAt(timeMs)))));
    await expectStored(gateway.post("/api/v1/write", compress(encodeMixedV2(seriesAt(timeMs + 5000))), V2));
  };
  gateway.nowMs -= DAY_MS;
  await write(gateway.nowMs - 60_000);
  await gateway.compact();
  gateway.nowMs += DAY_MS;
  await gateway.compact();
  await write(gateway.nowMs - 60_000);
  await gateway.compact();
  await write(gateway.nowMs - 60_000);
  await expectStored(
    gateway.post("/api/v1/write", compress(encodeMessage("WriteRequest", extrasAt(gateway.nowMs)))),
  );
  await expectStored(gateway.post("/api/v1/write", compress(encodeMixedV1(manyAt(gateway.nowMs)))));
  await storeOther(gateway);
  return gateway;
}

async function storeOther(gateway: TestGateway): Promise<void> {
  const { table, clock } = gateway.services;
  const day = dayOf(gateway.nowMs);
  await runCanary({ ...gateway.services, retentionMs: 0 });
  await new HaTracker(clock).accepts(table, TENANT, { cluster: "c", replica: "r" });
  await storeSweptRetention(table, TENANT, 30 * DAY_MS);
  const [item] = await itemsOf(gateway.table.inner as MemoryTable, "R");
  for (const one of encodeQuarantined(TENANT, { day, item, reason: "checksum", foundMs: clock() }))
    await table.put(one);
  const progress = new ByteWriter()
    .writeString("inputs")
    .writeBytes(randomBytes(8))
    .writeVarint(3)
    .writeVarint(2);
  await table.put({ ...progressKey(TENANT, day, 1), value: progress.finish() });
  const group = new TextEncoder().encode(
    JSON.stringify(parseRuleFile("groups: [{name: g, rules: [{record: a, expr: b}]}]").file!.groups[0]),
  );
  await putGroupItem(table, TENANT, { namespace: "n", name: "g", bytes: group }, "any");
  const selectors = [[newMatcher("=~", "job", "c|d")], [newMatcher("=", "__name__", "gone")]];
  const range = { minTime: gateway.nowMs - DAY_MS, maxTime: gateway.nowMs };
  const place = { table, tenant: TENANT, day, retentionMs: 0, clock };
  await addDeletion(place, { selectors, ...range, accessKeyId: "HKA" });
  await audit(
    { table, clock, randomBytes, who: "HKA" },
    { action: "series delete", tenant: TENANT, subject: "c" },
  );
  const told = { tenant: TENANT, namespace: "n", group: "g" };
  const rule = { alertName: "a", alerts: [], unlisted: 1, sentMs: { topic: clock() } };
  await storeNotices(table, told, { group: new Map(), bytes: undefined }, new Map([["a", rule]]));
  const ledger = new Ledger(TENANT, randomBytes(8));
  ledger.noteChange();
  await ledger.exchange(table, () => ({ samples: undefined, queryMs: undefined }), clock);
  const usage = new UsageRecorder(clock, randomBytes);
  usage.note({ tenant: TENANT, key: "HKA", route: "/api/v1/write" }, { requests: 1, writeUnits: 7 });
  await usage.flush(table);
  await collectUsage(table, clock);
  await changeTenantSettings(table, "other", { retentionDays: 5, haLabels: USUAL_HA_LABELS });
}

function manyAt(timeMs: number): MixedSeries[] {
  return Array.from({ length: MANY_SERIES }, (_, i) => ({
    labels: [
      ["__name__", "many"],
      ["i", `${i}`],
    ] as const,
    floats: [[timeMs, bitsOf(i)] as const],
  }));
}

export function seriesAt(timeMs: number): MixedSeries[] {
  const times = Array.from({ length: 8 }, (_, i) => timeMs + i * 1000);
  return [
    ...["a", "b", "c"].map((job) => ({
      labels: [
        ["__name__", "m"],
        ["job", job],
      ] as const,
      floats: times.map((time, i) => [time, bitsOf(i * 1.5)] as const),
      starts: new Map([[times[0], timeMs - 1000]]),
    })),
    {
      labels: [
        ["__name__", "h"],
        ["job", "a"],
      ],
      histograms: times.map((time) => [time, histogram()] as const),
    },
  ];
}

/** Exemplars and metadata. */
function extrasAt(timestamp: number) {
  const labels = [{ name: "__name__", value: "m" }];
  const exemplars = [{ labels: [{ name: "trace_id", value: "abc" }], value: 1, timestamp }];
  return {
    timeseries: [{ labels, samples: [{ value: 1, timestamp }], exemplars }],
    metadata: [{ type: "COUNTER", metricFamilyName: "m", help: "Help.", unit: "s" }],
  };
}

export function itemBytes({ pk, sk, value }: Item): Uint8Array {
  const writer = new ByteWriter().writeByte(pk.length).writeBytes(pk).writeByte(sk.length).writeBytes(sk);
  return writer.writeBytes(value).finish();
}

/** Of any bytes: an item that a table accepts. */
export function itemOf(bytes: Uint8Array): Item {
  const pkEnd = 1 + Math.max(1, bytes[0] ?? 1);
  const skEnd = pkEnd + 1 + Math.max(1, bytes[pkEnd] ?? 1);
  const key = (part: Uint8Array) => (part.length === 0 ? Uint8Array.of(0) : part.slice());
  return {
    pk: key(bytes.subarray(1, pkEnd)),
    sk: key(bytes.subarray(pkEnd + 1, skEnd)),
    value: bytes.subarray(skEnd),
  };
}
