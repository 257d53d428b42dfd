/**
 * The decoders of stored items: each kind of item by its own readers, and queries and compaction over a store in which
 * one item is damaged.
 */
import { decodeAccessKey } from "../../lib/auth/access-key.ts";
import { listAudit } from "../../lib/auth/audit.ts";
import { loadState, loadValuesOfDay } from "../../lib/canary/canary-state.ts";
import { decodeHistogramChunk } from "../../lib/chunk/histogram-chunk.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { decodeXorChunk } from "../../lib/chunk/xor-chunk.ts";
import { type ErrorKind, errorKind } from "../../lib/model/errors.ts";
import { decodeNotices } from "../../lib/rules/delivery/told-store.ts";
import { ByteReader } from "../../lib/storage/codec/bytes.ts";
import { readHistogram } from "../../lib/storage/codec/histogram-bytes.ts";
import { decodeCursor, listMarks } from "../../lib/storage/compact/marks.ts";
import { loadSweptRetentions } from "../../lib/storage/compact/sweep.ts";
import { decodeDeletions } from "../../lib/storage/deletion/deletion.ts";
import { decodeExemplarRecord } from "../../lib/storage/exemplars/exemplar-record.ts";
import { decodeDirectory } from "../../lib/storage/index/index-directory.ts";
import { decodePairs } from "../../lib/storage/index/pairs-block.ts";
import { briefSince, parseReferences } from "../../lib/storage/layout/brief-keys.ts";
import { placeOfKey } from "../../lib/storage/layout/key-place.ts";
import {
  type KIND,
  parseDaySortKey,
  parseDictionarySortKey,
  parseManifestSortKey,
} from "../../lib/storage/layout/keys.ts";
import { decodeManifest } from "../../lib/storage/layout/manifest.ts";
import {
  parseChunkLink,
  parseChunkSortKey,
  parseIndexSortKey,
  parseRunSortKey,
} from "../../lib/storage/layout/part-keys.ts";
import { parseRollupManifestSortKey, parseRowSortKey } from "../../lib/storage/layout/rollup-keys.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { Ledger } from "../../lib/storage/limits/ledger.ts";
import { readGiving } from "../../lib/storage/log/brief-series.ts";
import { decodeDictionary } from "../../lib/storage/log/dictionary.ts";
import { decodedRecordBytes, LoggedRecord } from "../../lib/storage/log/logged-record.ts";
import { parseMetadataSortKey } from "../../lib/storage/metadata/metadata-keys.ts";
import { decodeMetadataRecord } from "../../lib/storage/metadata/metadata-record.ts";
import { countChunkSamples, decodeChunkItem } from "../../lib/storage/parts/chunk-item.ts";
import { appendChunk, decodedBytes } from "../../lib/storage/parts/mixed-chunks.ts";
import { decodeRunBlock, readRunBlockHeader } from "../../lib/storage/parts/run-block.ts";
import { listQuarantined } from "../../lib/storage/quarantine/quarantine-item.ts";
import { decodeRollupManifest } from "../../lib/storage/rollups/rollup-manifest.ts";
import { loadRollupMonths } from "../../lib/storage/rollups/rollup-months.ts";
import { decodeRowBlock } from "../../lib/storage/rollups/row-block.ts";
import { listGroupItems, listRuledTenants } from "../../lib/storage/rules/rule-items.ts";
import { decodeSeriesBlock, readSeriesBlockHeader } from "../../lib/storage/series/series-block.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Item, Table } from "../../lib/storage/table/table.ts";
import { HaTracker } from "../../lib/storage/tenants/ha-tracker.ts";
import { listTenantSettings } from "../../lib/storage/tenants/tenant-settings.ts";
import { readUsage } from "../../lib/storage/usage/collect-usage.ts";
import { decodeStoredUsage } from "../../lib/storage/usage/stored-usage.ts";
import { decodeUsage } from "../../lib/storage/usage/usage-items.ts";
import { describeItem } from "../../lib/storage/verify/describe-item.ts";
import { itemsOf } from "../helpers/storage/damage.ts";
import { basic, type TestGateway } from "../helpers/test-gateway.ts";
import { itemBytes, itemOf, openStore, TENANT } from "./store.ts";
import { BrokenProperty, type Target } from "./target.ts";

type Kind = keyof typeof KIND;

/** The readers of each kind. A new kind does not compile without one. */
const READERS: Readonly<Record<Kind, readonly ((item: Item, table: Table) => unknown)[]>> = {
  log: [
    ({ value }) => decodedRecordBytes(value),
    (item) => new LoggedRecord(item).decode(),
    ({ sk }) => briefSince(sk),
  ],
  dictionary: [({ value }) => decodeDictionary(value), ({ sk }) => parseDictionarySortKey(sk)],
  series: [
    ({ value }) => decodeSeriesBlock(value),
    ({ value }) => readSeriesBlockHeader(value),
    ({ sk }) => parseReferences(sk),
    (item) => readGiving(item, true),
  ],
  day: [({ sk }) => parseDaySortKey(sk)],
  index: [
    ({ sk }) => parseIndexSortKey(sk),
    ({ value }) => decodeSeriesBlock(value),
    ({ value }) => decodeDirectory(value),
    ({ value }) => decodePairs(value),
  ],
  run: [
    ({ sk }) => parseRunSortKey(sk),
    ({ value }) => readRunBlockHeader(value),
    ({ value }) => decodeRunBlock(value),
  ],
  chunk: [
    ({ sk }) => parseChunkSortKey(sk),
    ({ sk }) => parseChunkLink(sk),
    ({ value }) => readChunks(value),
  ],
  manifest: [
    ({ sk }) => parseManifestSortKey(sk),
    ({ value }) => decodeManifest(value),
    ({ value }) => decodeDeletions(value),
  ],
  mark: [(_, table) => listMarks(table, 0)],
  cursor: [({ value }) => decodeCursor(value)],
  progress: [],
  accessKey: [({ value }) => decodeAccessKey(value)],
  tenant: [(_, table) => listTenantSettings(table)],
  election: [(_, table) => new HaTracker(() => 1e12).accepts(table, TENANT, { cluster: "c", replica: "r" })],
  metadata: [({ value }) => decodeMetadataRecord(value), ({ sk }) => parseMetadataSortKey(sk)],
  exemplars: [({ value }) => decodeExemplarRecord(value)],
  canary: [(_, table) => loadState(table), (_, table) => loadValuesOfDay(table, 20_780)],
  quarantine: [(_, table) => readAll(listQuarantined(table, TENANT))],
  quota: [
    (_, table) =>
      new Ledger(TENANT, new Uint8Array(8)).exchange(
        table,
        () => ({ samples: undefined, queryMs: undefined }),
        () => 1e12,
      ),
  ],
  usage: [
    ({ value }) => decodeUsage(value),
    ({ value }) => decodeStoredUsage(value),
    (_, table) => readUsage(table, 20_780, 20_790, () => 1.8e12),
  ],
  audit: [(_, table) => readAll(listAudit(table, 0))],
  swept: [(_, table) => loadSweptRetentions(table)],
  ruleGroup: [(_, table) => listGroupItems(table, TENANT)],
  ruleState: [],
  ruleSeries: [],
  ruled: [(_, table) => listRuledTenants(table)],
  rollupManifest: [
    ({ sk, value }) => decodeRollupManifest(parseRollupManifestSortKey(sk), value),
    (_, table) => loadRollupMonths(table, TENANT, 0, 40_000),
  ],
  rows: [({ sk }) => parseRowSortKey(sk), ({ value }) => decodeRowBlock(value)],
  rowIndex: [({ sk }) => parseIndexSortKey(sk), ({ value }) => decodeSeriesBlock(value)],
  alertNotices: [({ value }) => decodeNotices(value)],
};

async function readAll(all: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of all);
}

function readChunks(value: Uint8Array): void {
  const columns = new SampleColumns(16);
  for (const chunk of decodeChunkItem(value)) {
    countChunkSamples(chunk);
    if (decodedBytes(chunk) > 1e8) continue;
    appendChunk(chunk, columns);
  }
}

/** Runs all; throws the first error that is not "data", else the first. */
async function runAll(runs: readonly (() => unknown)[]): Promise<number> {
  const errors: unknown[] = [];
  for (const run of runs) {
    try {
      await run();
    } catch (error) {
      if (!isData(error)) throw error;
      errors.push(error);
    }
  }
  if (errors.length === runs.length && errors.length > 0) throw errors[0];
  return runs.length - errors.length;
}

/** "unavailable": a replica that is not elected is asked to retry. */
const ERRORS: readonly ErrorKind[] = ["data", "unavailable"];

const isData = (error: unknown) => ERRORS.includes(errorKind(error));

export async function itemTargets(): Promise<Target[]> {
  const store = await openStore();
  const items = await itemsOf(store.table.inner as MemoryTable);
  const corpus = items.map(itemBytes);
  const chunks = chunksOf(items);
  return [
    {
      name: "stored items",
      corpus,
      errors: ERRORS,
      run: async (input) => {
        const item = itemOf(input);
        const table = new MemoryTable();
        await table.put(item);
        const { kind } = placeOfKey(item);
        await describeItem(table, item);
        const readers = READERS[kind as Kind] ?? [];
        return `${kind} ${await runAll(readers.map((read) => () => read(item, table)))}`;
      },
    },
    {
      name: "chunks of floats",
      corpus: chunks.floats,
      errors: ["data"],
      run: (input) => decodeXorChunk(input).timestamps.length,
    },
    {
      name: "chunks of histograms",
      corpus: chunks.histograms,
      errors: ["data"],
      run: (input) => {
        const { histograms } = decodeHistogramChunk(input, "integer");
        for (const one of histograms.slice(0, 100)) void one.positive.counts;
        return histograms.length;
      },
    },
    {
      name: "histograms",
      corpus: chunks.stored,
      errors: ["data"],
      run: (input) => readHistogram(new ByteReader(input, "histogram")).count,
    },
    damagedStore(store, items),
  ];
}

const QUERY = new URLSearchParams({ query: "sum by (job) (rate(m[1h])) or h or m", step: "600" });

/** Everything that reads, over a store of which an item has another value: its checksum is right. */
function damagedStore(store: TestGateway, items: readonly Item[]): Target {
  const range = { start: String(store.nowMs / 1000 - 100_000), end: String(store.nowMs / 1000) };
  for (const [name, value] of Object.entries(range)) QUERY.set(name, value);
  const lookup = new URLSearchParams({ ...range, "match[]": '{__name__=~".+"}' });
  const paths = [
    `/api/v1/query_range?${QUERY}`,
    `/api/v1/series?${lookup}`,
    `/api/v1/label/job/values?${new URLSearchParams(range)}`,
    `/api/v1/query_exemplars?${new URLSearchParams({ ...range, query: "m" })}`,
    "/api/v1/metadata",
    "/api/v1/status/tsdb",
  ];
  const readable = items.filter(({ pk }) => !NOT_READ.has(String.fromCharCode(pk[0])));
  const originals = new Map(readable.map((item) => [keyText(item), item]));
  return {
    name: "queries over a damaged item",
    corpus: readable.map(itemBytes),
    errors: [],
    run: async (input) => {
      const { pk, sk, value } = itemOf(input);
      const original = originals.get(keyText({ pk, sk }));
      if (original === undefined) return "another key";
      const verified = new VerifiedTable(store.table.inner);
      await verified.put({ pk, sk, value });
      try {
        const statuses: string[] = [];
        for (const path of paths) {
          const before = store.lines.length;
          const response = await store.fetch(path, { headers: { Authorization: basic("HKA") } });
          await response.arrayBuffer();
          const line = store.lines.at(-1)!;
          store.lines.length = Math.min(before, 10);
          if (line.fields.errorKind === "internal") throw new BrokenProperty(`${path}: ${line.fields.stack}`);
          statuses.push(String(response.status));
        }
        return statuses.join();
      } finally {
        await store.table.inner.put(original);
      }
    },
  };
}

/** Access keys would be refused, and these are not read by queries. */
const NOT_READ = new Set("KAZYWNGHJQEBUVoOaqu");

const keyText = ({ pk, sk }: Pick<Item, "pk" | "sk">) =>
  `${Buffer.from(pk).toString("hex")}/${Buffer.from(sk).toString("hex")}`;

function chunksOf(items: readonly Item[]) {
  const all = items.filter(({ pk }) => pk[0] === 0x43).flatMap(({ value }) => decodeChunkItem(value));
  const ofKind = (isFloats: boolean) =>
    all.filter(({ kind }) => (kind === undefined) === isFloats).map(({ bytes }) => bytes.slice());
  return { floats: ofKind(true), histograms: ofKind(false), stored: ofKind(false) };
}
