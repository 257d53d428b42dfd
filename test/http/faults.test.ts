/** The table of faults in docs/operate.md: each row is made to happen, and users see what it says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { ClockGuard } from "../../lib/storage/dynamodb/clock-guard.ts";
import { ServiceClock } from "../../lib/storage/dynamodb/service-clock.ts";
import type { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { Writers } from "../../lib/storage/write/writers.ts";
import { flipped, itemsOf } from "../helpers/storage/damage.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { type SentSeries, series } from "../helpers/write-requests.ts";

const PAGE = readFileSync(path.join(import.meta.dirname, "../../docs/operate.md"), "utf8");
const METRICS = ["cpu", "disk", "load", "up"];

interface Row {
  readonly fault: string;
  readonly promql: string;
  readonly remoteRead: string;
}

/** Rows of the table under "### Faults". */
function rows(): Row[] {
  const [, section] = PAGE.split("### Faults\n");
  const lines = section
    .split("\n## ")[0]
    .split("\n")
    .filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => {
    const [, fault, promql, remoteRead] = line.split("|").map((cell) => cell.trim());
    return { fault, promql, remoteRead };
  });
}

const request = (timeMs: number): SentSeries[] =>
  METRICS.flatMap((metric) => ["a", "b"].map((zone) => series(metric, { zone }, [timeMs, 1])));

/** Yesterday in chunks, an hour ago in runs, the last minutes in the log. */
class World {
  readonly gateway: TestGateway;
  readonly table: MemoryTable;
  startMs = 0;

  constructor(gateway: TestGateway) {
    this.gateway = gateway;
    this.table = gateway.table.inner as MemoryTable;
  }

  static async open(): Promise<World> {
    const world = new World(await TestGateway.open());
    const { gateway } = world;
    const services = newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS);
    addQueryRoutes(gateway.app, gateway.services, services);
    world.startMs = gateway.nowMs;
    for (const gapMs of [DAY_MS + HOUR_MS, HOUR_MS, MINUTE_MS]) {
      assert.equal((await gateway.write(request(gateway.nowMs))).status, 200);
      if (gapMs > MINUTE_MS) await gateway.compact();
      gateway.nowMs += gapMs;
      if (gapMs > HOUR_MS) await gateway.compact();
    }
    return world;
  }

  async damage(kind: string, isGone = false, which = 0): Promise<void> {
    const item = (await itemsOf(this.table, kind)).at(which)!;
    if (isGone) await this.table.delete(item);
    else await this.table.put(flipped(item, 30));
  }

  /** How many samples PromQL finds, of how many; its status and first warning. */
  async ask(): Promise<{ status: number; samples: number; warning: string | undefined; error: string }> {
    const { nowMs } = this.gateway;
    const expression = encodeURIComponent('{__name__=~".+"}[3d]');
    const response = await this.gateway.fetch(`/api/v1/query?query=${expression}&time=${nowMs / 1000}`, {
      headers: { Authorization: basic("HKA") },
    });
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
    const body = (await response.json()) as any;
    const found: { readonly values: readonly unknown[] }[] = body.data?.result ?? [];
    const samples = found.reduce((sum, { values }) => sum + values.length, 0);
    return { status: response.status, samples, warning: body.warnings?.[0], error: body.error };
  }

  async readStatus(): Promise<number> {
    return (await this.gateway.read({ queries: [query()] })).status;
  }
}

const ALL_SAMPLES = 3 * 2 * METRICS.length;

/** Makes each fault; by its name in the table. */
const FAULTS: Readonly<Record<string, (world: World) => Promise<void>>> = {
  "a bit of a log record flips": (world) => world.damage("L", false, -1),
  "a dictionary is gone": async (world) => {
    for (const _ of await itemsOf(world.table, "D")) await world.damage("D", true);
  },
  "a bit of a run block flips": (world) => world.damage("R", false, -1),
  "a chunk item is gone": (world) => world.damage("C", true, 2),
  "a bit of an index block flips": (world) => world.damage("I"),
  "a day item is gone": (world) => world.damage("P", true),
  "a manifest is damaged": (world) => world.damage("X", false, -1),
  "a later version wrote the manifest": async ({ table }) => {
    const { checksum: _, ...manifest } = (await itemsOf(table, "X")).at(-1)!;
    await table.put({ ...manifest, value: Uint8Array.from([9, ...manifest.value.slice(1)]) });
  },
  "compaction set an item aside": async (world) => {
    await world.damage("L", false, -1);
    await world.gateway.compact().catch(() => {});
  },
  "an access key is damaged": (world) => world.damage("K"),
  "DynamoDB is away": async ({ gateway }) => {
    gateway.table.failOnce(0);
  },
  "a writer's clock is a day off": async ({ gateway }) => {
    const wrong = new ServiceClock(() => gateway.nowMs - DAY_MS);
    const probe = async () => wrong.observe(gateway.nowMs, wrong.local(), wrong.local());
    await probe();
    const { limits, randomBytes } = gateway.services;
    const writers = new Writers({ clock: wrong.now, randomBytes, limits, maxBytes: 2 ** 26 });
    Object.assign(gateway.services, { writers, clockGuard: new ClockGuard(wrong, probe) });
    assert.equal((await gateway.write([series("late", {}, [gateway.nowMs, 1])])).status, 200);
    assert.equal(gateway.lastLine.fields.clockOffsetMs !== undefined, true);
  },
  "the compactor stands still": async ({ gateway }) => {
    gateway.nowMs += DAY_MS;
    assert.equal((await gateway.write([series("late", {}, [gateway.nowMs, 1])])).status, 200);
  },
};

describe("faults", () => {
  it("have a row each in the page", () => {
    assert.deepEqual(
      rows()
        .map(({ fault }) => fault)
        .sort(),
      Object.keys(FAULTS).sort(),
    );
  });

  it("are none in a world that is whole", async () => {
    const world = await World.open();
    const { status, samples, warning } = await world.ask();
    assert.deepEqual([status, samples, warning], [200, ALL_SAMPLES, undefined]);
    assert.equal(await world.readStatus(), 200);
    for (const kind of "LDRCIPXK") assert.ok((await itemsOf(world.table, kind)).length > 0, kind);
  });

  for (const { fault, promql, remoteRead } of rows()) {
    it(`${fault}: ${promql}; remote read: ${remoteRead}`, async () => {
      const world = await World.open();
      await FAULTS[fault](world);
      const { status, samples, warning, error } = await world.ask();
      const wanted = Number(/^\d+/.exec(promql)?.[0] ?? 200);
      assert.equal(status, wanted, error);
      if (promql.includes("with a warning")) assert.match(warning!, /^incomplete: /);
      else assert.equal(warning, undefined);
      if (promql.startsWith("the rest")) assert.ok(samples < ALL_SAMPLES && samples > 0, `${samples}`);
      if (promql.startsWith("everything")) assert.ok(samples >= ALL_SAMPLES, `${samples}`);
      if (fault === "DynamoDB is away") world.gateway.table.failOnce(0);
      const expected = remoteRead === "everything" ? 200 : Number(remoteRead);
      assert.equal(await world.readStatus(), expected);
      if (warning !== undefined)
        assert.ok(world.gateway.metrics.some(({ DamagedItems }) => DamagedItems > 0));
    });
  }
});
