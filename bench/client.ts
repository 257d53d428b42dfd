/**
 * `npm run bench:client`: what `@aws-sdk/client-dynamodb` would cost in place of `lib/storage/dynamodb`. The same sources are
 * bundled twice and get the same requests in turn: CPU of ingest and of queries, size, import, memory. A ratio is the
 * median over the rounds' ratios; other figures are lower quartiles, which a busy machine disturbs least.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWith, CLIENTS, type Client } from "./client/bundles.ts";
import { type ByClient, measureIngest, measureLoads, measureQueries } from "./client/measure.ts";
import { startDynamoDBStub } from "./dynamodb-stub.ts";
import { median } from "./ingest/measure.ts";
import { loadRecording } from "./recorded-series.ts";

const REQUESTS = [2000, 10_000];
const FUNCTIONS = ["write", "query"];
const LOADS = 11;

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hearth-client-"));
  try {
    await measure(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string): Promise<void> {
  const { title, series } = loadRecording();
  console.log(`recording: ${title}\n`);
  const here = import.meta.dirname;
  const both = async (module: string) => ({
    own: await bundleWith("own", module, directory),
    sdk: await bundleWith("sdk", module, directory),
  });
  printHead();
  for (const name of FUNCTIONS) {
    const bundles = await both(join(here, "..", "functions", name));
    print(`${name} bundle, kB`, (client) => [bundles[client].sizeBytes / 1000]);
    const loads = await measureLoads(bundles, LOADS);
    print(`${name} import, ms`, (client) => loads[client].map((load) => load.ms));
    print(`${name} import, ms of CPU`, (client) => loads[client].map((load) => load.cpuMs));
    print(`${name} resident after it, MB`, (client) => loads[client].map((load) => load.residentBytes / 1e6));
  }
  const first = await both(join(here, "client", "first-put"));
  const stub = await startDynamoDBStub();
  const firsts = await measureLoads(first, LOADS, stub.endpoint);
  await stub.close();
  print("client alone, import and first put, ms", (client) => firsts[client].map((load) => load.ms));
  print("client alone, import and first put, ms of CPU", (client) =>
    firsts[client].map((load) => load.cpuMs),
  );
  const workers = await both(join(here, "client", "client-worker"));
  for (const samples of REQUESTS) {
    const ingest = await measureIngest(series, samples, workers);
    print(`ingest, ${samples} samples a request, CPU s per million`, (client) => ingest[client].rounds);
    print("its peak memory, MB", (client) => [ingest[client].peakBytes / 1e6]);
  }
  for (const { name, rounds } of await measureQueries(workers))
    print(`${name}, 24 h cold, ms of CPU`, (client) => rounds[client]);
}

function printHead(): void {
  console.log(`${"".padEnd(78)}${CLIENTS.map((client) => client.padStart(9)).join("")}    ratio  sdk - own`);
}

function print(name: string, of: (client: Client) => readonly number[]): void {
  const all: ByClient<readonly number[]> = { own: of("own"), sdk: of("sdk") };
  const [own, sdk] = [quartile(all.own), quartile(all.sdk)];
  const ratio = median(all.own.map((one, i) => all.sdk[i] / one));
  const cells = [own, sdk, ratio, sdk - own].map((figure) => figure.toFixed(2).padStart(9));
  console.log(`${name.padEnd(78)}${cells.join("")}`);
}

function quartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2];
}

await main();
