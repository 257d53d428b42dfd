/** Where blocks come from and go to: folders, a bucket, a disk that is full. */
import assert from "node:assert/strict";
import fs, { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import type { AddressInfo } from "node:net";
import { join, sep } from "node:path";
import { test } from "node:test";
import type { Target } from "../../cli/target.ts";
import { exportCommand } from "../../cli/transfer/export.ts";
import { findBlocks } from "../../cli/transfer/find-blocks.ts";
import { importCommand } from "../../cli/transfer/import.ts";
import { listLocalFolders } from "../../cli/transfer/local-files.ts";
import { printLabels } from "../../lib/model/labels.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { fixturePath } from "../helpers/storage/block-files.ts";
import { Engine } from "../helpers/storage/engine.ts";
import { ALL_TIME } from "../helpers/storage/naive-store.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

const BLOCKS = fixturePath("promtool");
const [FIRST, SECOND] = readdirSync(BLOCKS).sort();
const NOW_MS = Date.parse("2026-12-01T00:00:00Z");
const STALE_SAMPLES = 4;

function newTarget(retentionDays = "0") {
  const inner = new MemoryTable();
  const engine = new Engine({ table: inner });
  engine.nowMs = NOW_MS;
  const target: Target = {
    table: engine.table,
    stored: inner,
    retentionDays,
    clock: engine.clock,
    isBilled: false,
  };
  const said: string[] = [];
  const console = { print: (text: string) => said.push(text), tell: (text: string) => said.push(text) };
  return { engine, target, said, console };
}

async function countSamples(engine: Engine, tenant = "default"): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { labels, timestamps } of engine.reader(tenant).select({ matchers: [], ...ALL_TIME }))
    counts[printLabels(labels)] = timestamps.length;
  return counts;
}

const ALL = {
  'shop_requests_total{zone="a"}': 200,
  'shop_requests_total{zone="b"}': 200,
  'temp_celsius{zone="a"}': 8,
  'temp_celsius{zone="b"}': 8,
};

test("a data directory: what is no raw block is named and left out", async () => {
  await using root = await newTemporaryDirectory("import");
  cpSync(BLOCKS, root.path, { recursive: true });
  for (const name of ["wal", "chunks_head", "01ARZ3NDEKTSV4RRFFQ69G5FAV", `${FIRST}.tmp-for-deletion`])
    mkdirSync(join(root.path, name));
  const downsampled = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  cpSync(join(BLOCKS, FIRST), join(root.path, downsampled), { recursive: true });
  const meta = JSON.parse(readFileSync(join(BLOCKS, FIRST, "meta.json"), "utf8"));
  const thanos = { labels: { cluster: "eu" }, downsample: { resolution: 300_000 } };
  writeFileSync(
    join(root.path, downsampled, "meta.json"),
    JSON.stringify({ ...meta, ulid: downsampled, thanos }),
  );
  writeFileSync(join(root.path, SECOND, "deletion-mark.json"), "{}");
  const { blocks, notes } = await findBlocks(root.path, await listLocalFolders(root.path));
  assert.deepEqual(
    blocks.map(({ meta }) => meta.ulid),
    [FIRST],
  );
  assert.match(notes.join("\n"), /5FAV: no meta.json; left out/);
  assert.match(notes.join("\n"), /5FAW: downsampled by Thanos to 300 s; left out/);
  assert.match(notes.join("\n"), new RegExp(`${SECOND}: marked for deletion`));
});

test("a folder without blocks: what it holds is said", async () => {
  await using root = await newTemporaryDirectory("import");
  mkdirSync(join(root.path, "tenant-1"));
  const { target, console } = newTarget();
  await assert.rejects(
    importCommand(target, root.path, { yes: true }, target.clock, console),
    /no blocks, expected a folder with meta.json or with blocks; it holds tenant-1: give the folder of one tenant/,
  );
  await assert.rejects(
    importCommand(target, join(root.path, "nothing"), { yes: true }, target.clock, console),
    /no such file or folder/,
  );
});

test("blocks of Thanos and of Mimir's splitting compactor: external labels, shards side by side", async () => {
  await using root = await newTemporaryDirectory("import");
  for (const [i, name] of ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"].entries()) {
    cpSync(join(BLOCKS, FIRST), join(root.path, name), { recursive: true });
    const meta = JSON.parse(readFileSync(join(BLOCKS, FIRST, "meta.json"), "utf8"));
    // Both compacted, of one time; as Mimir names the shard and Thanos the replica.
    const labels = { cluster: "eu", replica: `r${i}`, __compactor_shard_id__: `${i + 1}_of_2` };
    const compaction = { level: 4, sources: [FIRST] };
    writeFileSync(
      join(root.path, name, "meta.json"),
      JSON.stringify({ ...meta, ulid: name, compaction, thanos: { labels, downsample: { resolution: 0 } } }),
    );
  }
  const { engine, target, said, console } = newTarget();
  const options = { yes: true, label: ["drop:replica", "rename:zone=area"] };
  await importCommand(target, root.path, options, target.clock, console);
  assert.deepEqual(await countSamples(engine), {
    'shop_requests_total{area="a",cluster="eu"}': 120,
    'shop_requests_total{area="b",cluster="eu"}': 120,
    'temp_celsius{area="a",cluster="eu"}': 4,
    'temp_celsius{area="b",cluster="eu"}': 4,
  });
  assert.match(said.join("\n"), /external labels .*cluster="eu"/);
  const plain = newTarget();
  await importCommand(
    plain.target,
    root.path,
    { yes: true, "no-external-labels": true },
    plain.target.clock,
    plain.console,
  );
  assert.deepEqual(Object.keys(await countSamples(plain.engine)), Object.keys(ALL));
});

test("nothing is written before somebody has said yes", async () => {
  const { engine, target, said, console } = newTarget();
  await importCommand(target, BLOCKS, { "dry-run": true }, target.clock, console);
  assert.match(said.join("\n"), /2 blocks, up to 4 series each, 416 samples/);
  await assert.rejects(importCommand(target, BLOCKS, {}, target.clock, console), /not begun: .*add --yes/);
  const answered = { ...console, ask: async () => "n" };
  await assert.rejects(importCommand(target, BLOCKS, {}, target.clock, answered), /not begun/);
  assert.deepEqual(await countSamples(engine), {});
  await importCommand(target, BLOCKS, {}, target.clock, { ...console, ask: async () => "y" });
  assert.deepEqual(await countSamples(engine), ALL);
});

test("days that are older than the retention are left out, in words", async () => {
  const { engine, target, said, console } = newTarget("2");
  // The first block is of 28 November, the second of the 29th.
  engine.nowMs = Date.parse("2026-12-01T01:00:00Z");
  await importCommand(target, BLOCKS, { yes: true }, target.clock, console);
  assert.match(said.join("\n"), /1 of 2 days is older than the retention of 2 days and is left out/);
  engine.nowMs += DAY_MS;
  await assert.rejects(
    importCommand(target, BLOCKS, { yes: true }, target.clock, console),
    /nothing to import: 2 of 2 days are older than the retention of 2 days; keep them longer first/,
  );
});

test("days to come are left out, in words", async () => {
  const { engine, target, said, console } = newTarget();
  engine.nowMs = Date.parse("2026-11-28T22:00:00Z");
  await importCommand(target, BLOCKS, { yes: true }, target.clock, console);
  assert.match(
    said.join("\n"),
    /1 of 2 days is in the future, from 2026-11-29 on and is left out: timestamps/,
  );
  engine.nowMs -= DAY_MS;
  await assert.rejects(
    importCommand(target, BLOCKS, { yes: true }, target.clock, console),
    /nothing to import: 2 of 2 days are in the future, from 2026-11-28 on; timestamps are in ms/,
  );
});

test("a data directory is imported with its log, and only once", async () => {
  const { engine, target, said, console } = newTarget();
  const directory = fixturePath("prometheus-3.16-head");
  await importCommand(target, directory, { yes: true }, target.clock, console);
  const counts = await countSamples(engine);
  // Its staleness markers are samples here.
  const answer = JSON.parse(readFileSync(`${directory}.json`, "utf8")) as { points: unknown[] }[];
  const expected = answer.reduce((sum, { points }) => sum + points.length, 0) + STALE_SAMPLES;
  assert.equal(Object.keys(counts).length, answer.length);
  assert.match(said.at(-1)!, new RegExp(`imported ${expected.toLocaleString("en-US")} samples of 1 day in `));
  await importCommand(target, directory, { yes: true }, target.clock, console);
  assert.match(said.at(-1)!, /imported 0 samples .* 0 write units, 1 day was imported before/);
  assert.deepEqual(await countSamples(engine), counts);
});

test("a folder that has only what is left out", async () => {
  await using root = await newTemporaryDirectory("import");
  mkdirSync(join(root.path, "01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  const { target, said, console } = newTarget();
  await assert.rejects(
    importCommand(target, root.path, { yes: true }, target.clock, console),
    /no samples in the chosen time/,
  );
  assert.match(said.join("\n"), /no meta.json; left out/);
});

test("a bucket is read by ranges, whatever it is asked for", async () => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://x");
    requests.push(
      `${request.method} ${url.pathname}${request.headers.range ? ` ${request.headers.range}` : ""}`,
    );
    const prefix = url.searchParams.get("prefix") ?? "";
    if (url.searchParams.get("list-type") === "2")
      return response.end(listing(prefix, url.searchParams.get("delimiter")));
    const file = join(BLOCKS, url.pathname.replace("/bucket/some/", ""));
    if (!existsSync(file) || !fs.statSync(file).isFile()) {
      response.statusCode = 404;
      return response.end("<Error><Code>NoSuchKey</Code></Error>");
    }
    const bytes = readFileSync(file);
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    response.statusCode = from === undefined ? 200 : 206;
    const part = from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
    response.setHeader("Content-Length", part.length);
    response.end(request.method === "HEAD" ? undefined : part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
    AWS_REGION: "eu-west-1",
  });
  try {
    const { engine, target, console } = newTarget();
    await importCommand(target, "s3://bucket/some", { yes: true }, target.clock, console);
    assert.deepEqual(await countSamples(engine), ALL);
    assert.ok(
      requests.some((one) => /^GET .*\/index bytes=0-/.test(one)),
      requests.join("\n"),
    );
    const whole = requests.filter((one) => /^GET .*\/(index|chunks)/.test(one) && !one.includes("bytes="));
    assert.deepEqual(whole, []);
    await assert.rejects(
      importCommand(target, "s3://bucket/none", { yes: true }, target.clock, console),
      /s3:\/\/bucket\/none: no blocks/,
    );
  } finally {
    process.env = before;
    server.closeAllConnections();
    server.close();
  }
});

/** What S3 says of the keys below a prefix. */
function listing(prefix: string, delimiter: string | null): string {
  const keys = readdirSync(BLOCKS, { recursive: true, encoding: "utf8" })
    .filter((path) => fs.statSync(join(BLOCKS, path)).isFile())
    .map((path) => `some/${path.replaceAll(sep, "/")}`)
    .filter((key) => key.startsWith(prefix));
  const folders =
    delimiter === null ? [] : [...new Set(keys.map((key) => key.slice(prefix.length).split("/")[0]))];
  const contents = delimiter === null ? keys.map((key) => `<Contents><Key>${key}</Key></Contents>`) : [];
  const prefixes = folders.map((one) => `<CommonPrefixes><Prefix>${prefix}${one}/</Prefix></CommonPrefixes>`);
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${contents.join("")}${prefixes.join("")}</ListBucketResult>`;
}

test("an export to a full disk says so and leaves nothing", async () => {
  await using root = await newTemporaryDirectory("export");
  const { target, console } = newTarget();
  await importCommand(target, BLOCKS, { yes: true }, target.clock, console);
  const { writeSync } = fs;
  for (const room of [0, 100, 1000, 1500]) {
    let left = room;
    fs.writeSync = ((descriptor: number, bytes: Uint8Array, at: number, length: number) => {
      left -= length;
      if (left < 0)
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      return writeSync(descriptor, bytes, at, length);
    }) as typeof writeSync;
    syncBuiltinESMExports();
    try {
      const written = exportCommand(target, join(root.path, "blocks"), {}, target.clock, console);
      await assert.rejects(written, /write .*: no space is left on the disk/, `${room} bytes`);
      const text = exportCommand(
        target,
        join(root.path, "x.om"),
        { format: "openmetrics" },
        target.clock,
        console,
      );
      await assert.rejects(text, /write .*x\.om\.partial: no space is left on the disk/, `${room} bytes`);
    } finally {
      fs.writeSync = writeSync;
      syncBuiltinESMExports();
    }
    // A day that was written before the disk was full is whole, and stays.
    const names = readdirSync(root.path, { recursive: true, encoding: "utf8" });
    assert.deepEqual(
      names.filter((one) => /tmp|partial|spool/.test(one)),
      [],
      `${room} bytes`,
    );
    const blocks = readdirSync(join(root.path, "blocks"));
    assert.ok(blocks.length <= (room > 1000 ? 1 : 0), `${room} bytes: ${names}`);
    for (const one of blocks) assert.ok(existsSync(join(root.path, "blocks", one, "meta.json")));
    rmSync(join(root.path, "blocks"), { recursive: true });
  }
  await exportCommand(target, join(root.path, "blocks"), {}, target.clock, console);
  assert.equal(readdirSync(join(root.path, "blocks")).length, 2);
});

test("one block and one day are said as such", async () => {
  await using root = await newTemporaryDirectory("export");
  const { target, said, console } = newTarget();
  await importCommand(target, join(BLOCKS, FIRST), { yes: true }, target.clock, console);
  assert.match(said.join("\n"), /: 1 block, up to /);
  const day = { start: "2026-11-28T00:00:00Z", end: "2026-11-28T23:59:59Z" };
  await exportCommand(target, join(root.path, "blocks"), day, target.clock, console);
  assert.match(said.at(-1)!, / samples in 1 block to /);
  const text = { ...day, format: "openmetrics" };
  await exportCommand(target, join(root.path, "x.om"), text, target.clock, console);
  assert.match(said.at(-1)!, / samples of 1 day to /);
});

test("a file that exists is not written over", async () => {
  await using root = await newTemporaryDirectory("export");
  const { target, console } = newTarget();
  await importCommand(target, BLOCKS, { yes: true }, target.clock, console);
  const path = join(root.path, "x.om");
  writeFileSync(path, "mine");
  await assert.rejects(
    exportCommand(target, path, { format: "openmetrics" }, target.clock, console),
    /x\.om exists: expected the name of a new file, or -/,
  );
  assert.equal(readFileSync(path, "utf8"), "mine");
});

test("a query as CSV", async () => {
  await using root = await newTemporaryDirectory("export");
  const { target, console } = newTarget();
  await importCommand(target, BLOCKS, { yes: true }, target.clock, console);
  const path = join(root.path, "x.csv");
  const options = {
    format: "csv",
    query: 'label_replace(temp_celsius, "odd", "a,\\"b\\"", "", "")',
    start: "2026-11-28T22:00:00Z",
    end: "2026-11-28T22:30:00Z",
    step: "30m",
  };
  await exportCommand(target, path, options, target.clock, console);
  const rows = readFileSync(path, "utf8").split("\r\n");
  assert.deepEqual(rows.slice(0, 3), [
    "time,__name__,odd,zone,value",
    '2026-11-28T22:00:00.000Z,temp_celsius,"a,""b""",a,-0.5',
    '2026-11-28T22:30:00.000Z,temp_celsius,"a,""b""",a,-0.35714285714285715',
  ]);
});

test("--resolution 1h exports the last sample of each hour, of days whose samples have expired too", async () => {
  await using root = await newTemporaryDirectory("export-hours");
  const { engine, target, console } = newTarget("3");
  await importCommand(target, BLOCKS, { yes: true }, engine.clock, console);
  const hourly = (samples: readonly (readonly [time: number, value: number])[]) => {
    const last = new Map(samples.map((one) => [Math.ceil(one[0] / HOUR_MS), one]));
    return [...last.values()];
  };
  const expected = Object.entries(await samplesOf(engine)).map(([name, all]) => [name, hourly(all)]);
  for (let runs = 0; runs < 3; runs++) {
    engine.nowMs += HOUR_MS;
    await engine.compact();
  }
  engine.nowMs += 10 * DAY_MS;
  const rollup = { ...target, rollupDays: "0" };
  await assert.rejects(exportCommand(rollup, join(root.path, "none"), {}, engine.clock, console), {
    message: /nothing to export/,
  });
  const directory = join(root.path, "hours");
  await exportCommand(rollup, directory, { resolution: "1h", yes: true }, engine.clock, console);
  const other = newTarget();
  await importCommand(other.target, directory, { yes: true }, other.engine.clock, other.console);
  assert.deepEqual(Object.entries(await samplesOf(other.engine)), expected);
  await assert.rejects(exportCommand(rollup, directory, { resolution: "5m" }, engine.clock, console), {
    message: /expected 0s \(samples\) or 1h/,
  });
});

async function samplesOf(engine: Engine): Promise<Record<string, (readonly [number, number])[]>> {
  const found: Record<string, (readonly [number, number])[]> = {};
  const all = { matchers: [], ...ALL_TIME };
  for await (const { labels, timestamps, values } of engine.reader("default").select(all))
    found[printLabels(labels)] = Array.from(timestamps, (time, i) => [time, values[i]] as const);
  return found;
}
