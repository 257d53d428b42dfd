/** The rows of several parts, series by series: all keep them in the order of their hashes. */
import type { HourRows, RowColumns } from "../../model/rows/hour-rows.ts";
import type { RowPartition } from "../layout/rollup-keys.ts";
import { type Shard, shardOf, shardsOverlapping } from "../layout/shard.ts";
import { chooseRows, concatenateRows, type RowChoice } from "./assemble-rows.ts";
import { hasRows } from "./join-rows.ts";
import { decodeInto, type RowReading, readRowPartition } from "./read-rows.ts";
import type { RowPart } from "./rollup-manifest.ts";

/** Counts the rows that were read of each part. */
export type OnRead = (part: number, rows: number) => void;

type Piece = readonly [hash: string, rows: HourRows];

/** The rows of a shard that count, by ascending hash; an hour may have two, of two days. */
export async function* mergeRows(
  reading: RowReading,
  tenant: string,
  parts: readonly RowPart[],
  shard: Shard,
  onRead: OnRead,
  isHiddenOf: (hash: string) => RowChoice["isHidden"] = () => undefined,
): AsyncGenerator<Piece, void, void> {
  const cursors = parts.map((part, number) =>
    piecesOf(reading, tenant, part, shard, (rows) => onRead(number, rows), isHiddenOf),
  );
  const heads = await Promise.all(cursors.map((cursor) => cursor.next()));
  try {
    for (;;) {
      let hash: string | undefined;
      for (const { done, value } of heads)
        if (!done && (hash === undefined || value[0] < hash)) hash = value[0];
      if (hash === undefined) return;
      const pieces: HourRows[] = [];
      for (const [i, cursor] of cursors.entries()) {
        // A series may go on in the next block.
        for (let head = heads[i]; !head.done && head.value[0] === hash; head = heads[i]) {
          pieces.push(head.value[1]);
          heads[i] = await cursor.next();
        }
      }
      yield [hash, concatenateRows(pieces)];
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.return()));
  }
}

async function* piecesOf(
  reading: RowReading,
  tenant: string,
  part: RowPart,
  wanted: Shard,
  onRead: (rows: number) => void,
  isHiddenOf: (hash: string) => RowChoice["isHidden"],
): AsyncGenerator<Piece, void, void> {
  const days = new Set(part.days);
  const choice = { fromMs: -Infinity, toMs: Infinity, hasDay: (day: number) => days.has(day) };
  const isWanted = (hash: string) =>
    shardOf(Buffer.from(hash.slice(0, 8), "hex"), wanted.bits) === wanted.prefix;
  for (const shard of shardsOverlapping(wanted, part.shardBits)) {
    const place: RowPartition = { tenant, day: part.day, part: part.id, shard };
    for await (const page of readRowPartition(reading, place))
      for (const item of page) {
        const pieces: Piece[] = [];
        decodeInto(item, reading.note, isWanted, (hash, rows) => {
          onRead(rowsIn(rows.floats) + (rows.histograms === undefined ? 0 : rowsIn(rows.histograms)));
          const chosen = chooseRows(rows, { ...choice, isHidden: isHiddenOf(hash) });
          if (hasRows(chosen)) pieces.push([hash, chosen]);
        });
        yield* pieces;
      }
  }
}

function rowsIn({ hours }: RowColumns): number {
  return hours.length;
}
