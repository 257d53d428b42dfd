/**
 * A small store of Hearth in the embedded DynamoDB's files, and what its users find after a bit of
 * them has changed.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage } from "../../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { openTable } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import { DamageReports } from "../../../lib/storage/layout/damage-reports.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { type EmbeddedOptions, startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { series } from "../../helpers/write-requests.ts";

const TABLE = "hearth";
const NOON_MS = MIDNIGHT_MS + 12 * HOUR_MS;

async function withEngine<T>(options: EmbeddedOptions, use: (engine: Engine) => Promise<T>): Promise<T> {
  const server = await startEmbeddedDynamoDB(options);
  const tableOptions = { tableName: TABLE, clock: Date.now, randomBytes, endpoint: server.endpoint };
  const table = openTable(tableOptions);
  try {
    await ensureTable(tableOptions);
    return await use(new Engine({ table }));
  } finally {
    table.close();
    await server.close();
  }
}

/** Samples in chunks, a run and the log; items in two of LevelDB's tables and in its log. */
export async function fillStore(directory: string): Promise<void> {
  for (const [hours, compactAfterMs] of [
    [-20, 10 * HOUR_MS],
    [-3, 1000],
    [0, undefined],
  ] as const) {
    await withEngine({ directory }, async (engine) => {
      engine.nowMs = NOON_MS + hours * HOUR_MS;
      const request = ["a", "b", "c", "d"].map((job, i) =>
        series("up", { job }, [engine.nowMs, i], [engine.nowMs + 1000, i + 1]),
      );
      await engine.append(engine.newWriters(), request);
      if (compactAfterMs === undefined) return;
      engine.nowMs += compactAfterMs;
      await engine.compact();
    });
  }
}

/** Values of samples, by series and time. */
export type Rows = ReadonlyMap<string, number>;

export type Outcome =
  | { readonly kind: "answered"; readonly rows: Rows; readonly warnings: readonly string[] }
  | { readonly kind: "failed" | "not started"; readonly message: string };

/** Starts the database, asks for everything, and closes it. */
export async function readStore(options: EmbeddedOptions): Promise<Outcome> {
  try {
    return await withEngine(options, async ({ table }) => {
      const damage = new DamageReports();
      const clock = () => NOON_MS + HOUR_MS;
      const store = new Reader(table, { tenant: "t", clock, limits: DEFAULT_LIMITS, retentionMs: 0, damage });
      const rows = new Map<string, number>();
      try {
        for await (const { labels, timestamps, values } of store.select({ matchers: [], ...ALL_TIME }))
          for (const [i, time] of timestamps.entries())
            rows.set(`${JSON.stringify(labels)} ${time}`, values[i]);
      } catch (error) {
        return { kind: "failed", message: errorMessage(error) };
      }
      return { kind: "answered", rows, warnings: damage.warnings };
    });
  } catch (error) {
    return { kind: "not started", message: errorMessage(error) };
  }
}

/** Whether an answer lacks samples, or has wrong ones, without a word. */
export function isSilentlyWrong(outcome: Outcome, whole: Rows): boolean {
  if (outcome.kind !== "answered") return false;
  const { rows, warnings } = outcome;
  const isWrong = [...rows].some(([key, value]) => whole.get(key) !== value);
  return isWrong || (rows.size < whole.size && warnings.length === 0);
}

/** Changes a bit of a file. */
export async function flipBit(file: string, bit: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[bit >> 3] ^= 1 << (bit & 7);
  await writeFile(file, bytes);
}

/** All files below a directory but LevelDB's lock and its own messages, which nobody reads. */
export async function filesOf(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  return names
    .filter((one) => one.isFile() && !/^LO(CK|G|G\.old)$/.test(one.name))
    .map((one) => join(one.parentPath, one.name))
    .sort();
}
