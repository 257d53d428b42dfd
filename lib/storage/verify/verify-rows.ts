/** Walks through the parts of hourly rows that begin with a day: every block is there, and can be read. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import { describeKey } from "../layout/key-place.ts";
import { monthOf, rollupManifestKey } from "../layout/rollup-keys.ts";
import { decodeInto, readRowPartition } from "../rollups/read-rows.ts";
import type { RollupManifest, RowPart } from "../rollups/rollup-manifest.ts";
import { loadRollupManifest } from "../rollups/rollup-store.ts";
import type { Key, Table } from "../table/table.ts";
import type { OnFinding, VerifiedDay } from "./finding.ts";

/** A part is gone through with the first of its days. Returns how many rows were read. */
export async function verifyRows(table: Table, day: VerifiedDay, onFinding: OnFinding): Promise<number> {
  const manifest = await readManifest(table, day, onFinding);
  let rows = 0;
  for (const part of manifest?.parts ?? [])
    if (part.days[0] === day.day) rows += await verifyPart(table, day, part, onFinding);
  return rows;
}

async function readManifest(
  table: Table,
  { tenant, day }: VerifiedDay,
  onFinding: OnFinding,
): Promise<RollupManifest | undefined> {
  try {
    return (await loadRollupManifest(table, tenant, monthOf(day))).manifest;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    const key = rollupManifestKey(tenant, monthOf(day));
    onFinding({
      problem: "damaged rows",
      detail: errorMessage(error),
      loss: "hourly rows of the month",
      key,
    });
    return undefined;
  }
}

async function verifyPart(
  table: Table,
  { tenant, signal }: VerifiedDay,
  part: RowPart,
  onFinding: OnFinding,
): Promise<number> {
  const name = `part ${part.id} of hourly rows`;
  const loss = `rows of ${part.days.length} days, until they are made again of samples`;
  const note = (key: Key, reason: string) =>
    onFinding({
      problem: "damaged rows",
      detail: `${name}: ${reason}: ${describeKey(key)}`,
      loss,
      key,
      part: part.id,
    });
  let rows = 0;
  for (let prefix = 0; prefix < 2 ** part.shardBits; prefix++) {
    const place = { tenant, day: part.day, part: part.id, shard: { bits: part.shardBits, prefix } };
    for await (const page of readRowPartition({ table, signal, note }, place))
      for (const item of page)
        decodeInto(
          item,
          note,
          () => true,
          (_, { floats, histograms }) => {
            rows += floats.hours.length + (histograms?.hours.length ?? 0);
          },
        );
  }
  if (rows !== part.rows) {
    const detail = `${name} has ${rows} rows, its manifest says ${part.rows}`;
    onFinding({ problem: "damaged rows", detail, loss, part: part.id });
  }
  return rows;
}
