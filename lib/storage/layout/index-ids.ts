/**
 * Ids of a day's index parts. They are given out in order, and the manifest says up to which: so every id that may
 * have items is known, also those of a compaction that ended half-way. Labels of deleted series are so found and
 * removed. An id is
 *
 *     seed     4 random bytes, those of the day
 *     number   3 bytes: reserved in the manifest before anything is stored under it
 *     piece    1 byte: a part that takes too much memory is stored as several
 */
import { HearthError } from "../../model/errors.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { PART_ID_BYTES } from "./keys.ts";

const SEED_BYTES = 4;
const NUMBER_BYTES = 3;
/** Pieces of a number, at most. */
export const MAX_PIECES = 256;

/** A superseded index part that no number leads to: of another version, or of a number that was cleaned up. */
export interface StrayPart {
  /** In hex. */
  readonly id: string;
  /** When it was superseded, in ms. */
  readonly supersededMs: number;
}

export interface IndexIds {
  /** In hex. */
  readonly seed: string;
  /** Numbers below it may have been used. */
  readonly next: number;
  /** Of numbers below it nothing is left but what the manifest names. */
  readonly cleanedTo: number;
  /** The most leading bits by which a part was ever partitioned. */
  readonly maxBits: number;
  readonly strays: readonly StrayPart[];
}

/** In hex. */
export function indexPartId({ seed }: Pick<IndexIds, "seed">, number: number, piece: number): string {
  const hex = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  return seed + hex(number, NUMBER_BYTES) + hex(piece, 1);
}

/** Whether an id is one of the day's, of a number that was not cleaned up. */
function isLaterId({ seed, next, cleanedTo }: IndexIds, id: string): boolean {
  const number = numberOf(id);
  return id.startsWith(seed) && number >= cleanedTo && number < next;
}

/**
 * Whether what is stored under an id that a manifest does not name may be deleted by now, or while that is asked.
 * `unindexed`: the fact of the same manifest.
 */
export function mayBeCleaned(
  ids: IndexIds | undefined,
  unindexed: { readonly before: number } | undefined,
  id: string,
): boolean {
  if (ids === undefined || !id.startsWith(ids.seed)) return false;
  return numberOf(id) < Math.max(ids.cleanedTo, unindexed?.before ?? 0);
}

function numberOf(id: string): number {
  return Number.parseInt(id.slice(2 * SEED_BYTES, 2 * (SEED_BYTES + NUMBER_BYTES)), 16);
}

/** Gives out the ids of one number, which its holder has reserved. */
export class IndexIdSource {
  #seed = "";
  #number: number | undefined;
  #pieces = 0;

  /**
   * What the manifest must say of ids before the next one is given out: as it is, where a number is reserved that
   * nothing was stored under.
   */
  reserve(known: IndexIds | undefined, randomBytes: RandomBytes): IndexIds {
    const isHeld = this.#number !== undefined && this.#pieces === 0;
    if (isHeld && known?.seed === this.#seed && this.#number! < known.next) return known;
    const seed = () => Buffer.from(randomBytes(SEED_BYTES)).toString("hex");
    const ids = known ?? { seed: seed(), next: 0, cleanedTo: 0, maxBits: 0, strays: [] };
    if (ids.next >= 2 ** (8 * NUMBER_BYTES))
      throw new HearthError("internal", `index ids: all ${ids.next} numbers of a day are used`);
    this.#seed = ids.seed;
    this.#number = ids.next;
    this.#pieces = 0;
    return { ...ids, next: ids.next + 1 };
  }

  /** What is reserved; undefined: nothing is. */
  get number(): number | undefined {
    return this.#number;
  }

  /** The manifest was not stored, so the number is not reserved. */
  cancel(): void {
    this.#number = undefined;
  }

  /** The next id, in hex; a random one where none is reserved. */
  take(randomBytes: RandomBytes): string {
    if (this.#number === undefined || this.#pieces === MAX_PIECES)
      return Buffer.from(randomBytes(PART_ID_BYTES)).toString("hex");
    return indexPartId({ seed: this.#seed }, this.#number, this.#pieces++);
  }
}

/** `removed`: ids that the manifest names no more. Of numbers that were cleaned up nobody looks for them again. */
export function withStrays(ids: IndexIds, removed: readonly string[], nowMs: number): IndexIds {
  const strays = removed.filter((id) => !isLaterId(ids, id)).map((id) => ({ id, supersededMs: nowMs }));
  return strays.length === 0 ? ids : { ...ids, strays: [...ids.strays, ...strays] };
}

export function writeIndexIds(
  writer: ByteWriter,
  { seed, next, cleanedTo, maxBits, strays }: IndexIds,
): void {
  writer.writeBytes(Buffer.from(seed, "hex"));
  writer.writeVarint(next).writeVarint(cleanedTo).writeVarint(maxBits);
  for (const { id, supersededMs } of strays)
    writer.writeBytes(Buffer.from(id, "hex")).writeVarint(supersededMs);
}

export function readIndexIds(reader: ByteReader): IndexIds {
  const seed = Buffer.from(reader.readBytes(SEED_BYTES)).toString("hex");
  const [next, cleanedTo, maxBits] = [reader.readVarint(), reader.readVarint(), reader.readVarint()];
  const strays: StrayPart[] = [];
  while (reader.remaining > 0) {
    const id = Buffer.from(reader.readBytes(PART_ID_BYTES)).toString("hex");
    strays.push({ id, supersededMs: reader.readVarint() });
  }
  return { seed, next, cleanedTo, maxBits, strays };
}
