/**
 * Facts of a day that came after version 2 of the manifest. They follow its fields, so a version that does not know them
 * reads the rest and writes a manifest without them; each fact therefore has a default that is safe when it is lost.
 * A section is a tag (varint), a length (varint) and that many bytes; a section of an unknown tag is skipped and not kept.
 *
 *     1  flushed    flush-tally.ts. Lost: records flushed so far are not compared with the log
 *     2  final      numbers of the runs that are a bucket's last form. Lost: they are chunked once more
 *     3  expires    seconds, 0 for never: no index, chunk or final item leaves earlier. Lost: expiry is not known
 *     4  drained    ms: marks of hours before it need no look at the log. Lost: the log is looked at
 *     5  settled    8 bytes: a digest of the marks with which the day was settled. Lost: it is settled again
 *     6  held       buckets whose inputs are damaged, each with the time (ms) of the last try. Lost: they are tried again
 *     7  attempts   tries since the last success and the time (ms) of the last. Lost: none failed
 *     8  full       numbers of the index parts that are too large to merge. Lost: a merge is tried again
 *     9  taken      ms by a compactor's clock: until then all of the log was taken. Lost: the next flush comes earlier
 *    11  filled     parts by number, each with its partitions that have items (filled-partitions.ts): a length (varint) and
 *                   so many bytes. Lost: an empty partition is not told from one whose items are gone
 *    16  ends       parts of chunks by number, each with the last series of its partitions (part-ends.ts): a length (varint) and
 *                   so many bytes. Lost: a last item that is gone is not missed
 *    17  dictionaries  seconds: the day's dictionaries and its own items leave then, earlier than the rest. Lost: they leave,
 *                   and their series are recorded again
 *    14  imported   digests of what was imported (bulk/), 8 bytes each. Lost: the same import stores its samples once more
 *    12  deleted    parts by number, each with its `deletedTo`. The manifest's version keeps it from being lost
 *    13  erased     parts by number, each with its `erasedTo`. Lost: they are gone through once more
 *    15  rolled     8 bytes: a digest of the parts that the day's hourly rows were made of. Lost: they are made again
 *    18  index ids  index-ids.ts. Lost: superseded items of the index are found by `hearthdb gc` alone
 *    19  unindexed  what `Unindexed` says, varints. Lost: the index is gone through once more
 *    10  quarantined  how many of its items were put in quarantine. Lost: answers do not warn of them
 */
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { type FlushTally, readTally, writeTally } from "./flush-tally.ts";
import { type IndexIds, readIndexIds, writeIndexIds } from "./index-ids.ts";

export interface HeldBucket {
  readonly bucket: number;
  /** When its chunking was tried last, in ms. */
  readonly triedMs: number;
}

export interface Attempts {
  /** Tries that have published nothing since one last did. */
  readonly count: number;
  /** When the latest began, in ms. */
  readonly atMs: number;
}

/** Series of which deletions have left nothing have been taken out of the index; what it superseded is still stored. */
export interface Unindexed {
  /** Of all deletions up to this number. */
  readonly deletedTo: number;
  /** When, in ms. */
  readonly atMs: number;
  /** Index parts of numbers below it are superseded, but those that the manifest names. */
  readonly before: number;
}

export interface ManifestFacts {
  /** Undefined: nothing is known of what was flushed. */
  readonly flushed: FlushTally | undefined;
  /** When the day's lasting items leave at the earliest, in seconds; 0: never; undefined: not known. */
  readonly expiresAtSeconds: number | undefined;
  /** When its dictionaries and its own items leave, in seconds, if that is earlier. */
  readonly dictionariesExpireAtSeconds: number | undefined;
  /** The end of the last marked hour whose records are out of the log, in ms. */
  readonly drainedToMs: number;
  /** By a compactor's clock: the latest flush took all of the log that was received until then, in ms. 0: it did not. */
  readonly takenToMs: number;
  /** Digest of the marks, 8 bytes in hex; undefined: the day is not settled. */
  readonly settledMarks: string | undefined;
  readonly held: readonly HeldBucket[];
  /** Items of the day in quarantine, of which an answer warns. */
  readonly quarantined: number;
  readonly attempts: Attempts;
  /** See `sourceOf` of rollup-manifest.ts, in hex; undefined: the day has no hourly rows. */
  readonly rolledSource: string | undefined;
  /** Digests of what was imported into the day, 8 bytes in hex each. */
  readonly imported: readonly string[];
  /** Undefined: no part has an id of the day's. */
  readonly indexIds: IndexIds | undefined;
  /** Undefined: nothing waits to be cleaned up. */
  readonly unindexed: Unindexed | undefined;
}

export const NO_FACTS: ManifestFacts = {
  flushed: undefined,
  expiresAtSeconds: undefined,
  dictionariesExpireAtSeconds: undefined,
  drainedToMs: 0,
  takenToMs: 0,
  settledMarks: undefined,
  held: [],
  quarantined: 0,
  attempts: { count: 0, atMs: 0 },
  rolledSource: undefined,
  imported: [],
  indexIds: undefined,
  unindexed: undefined,
};

/** With the numbers of the parts that are final, and of the index parts that are full. */
export interface StoredFacts extends ManifestFacts {
  readonly final: readonly number[];
  readonly full: readonly number[];
  readonly filled: ReadonlyMap<number, string>;
  readonly ends: ReadonlyMap<number, string>;
  readonly deletedTo: ReadonlyMap<number, number>;
  readonly erasedTo: ReadonlyMap<number, number>;
}

const DIGEST_BYTES = 8;

export function writeFacts(writer: ByteWriter, facts: StoredFacts): void {
  const { flushed, final, expiresAtSeconds, drainedToMs, takenToMs, settledMarks } = facts;
  const { held, attempts, full, filled, quarantined, imported, deletedTo, erasedTo, rolledSource } = facts;
  const { dictionariesExpireAtSeconds, ends, indexIds, unindexed } = facts;
  const section = (tag: number, isPresent: boolean, write: (body: ByteWriter) => void) => {
    if (!isPresent) return;
    const body = new ByteWriter();
    write(body);
    writer.writeVarint(tag).writeVarint(body.length).writeBytes(body.finish());
  };
  section(1, flushed !== undefined, (body) => writeTally(body, flushed!));
  section(2, final.length > 0, (body) => writeNumbers(body, final));
  section(3, expiresAtSeconds !== undefined, (body) => body.writeVarint(expiresAtSeconds!));
  section(4, drainedToMs > 0, (body) => body.writeVarint(drainedToMs));
  section(5, settledMarks !== undefined, (body) => body.writeBytes(Buffer.from(settledMarks!, "hex")));
  section(6, held.length > 0, (body) => {
    body.writeVarint(held.length);
    for (const { bucket, triedMs } of held) body.writeVarint(bucket).writeVarint(triedMs);
  });
  section(7, attempts.count > 0, (body) => body.writeVarint(attempts.count).writeVarint(attempts.atMs));
  section(8, full.length > 0, (body) => writeNumbers(body, full));
  section(9, takenToMs > 0, (body) => body.writeVarint(takenToMs));
  section(11, filled.size > 0, (body) => writeHex(body, filled));
  section(16, ends.size > 0, (body) => writeHex(body, ends));
  section(17, dictionariesExpireAtSeconds !== undefined, (body) =>
    body.writeVarint(dictionariesExpireAtSeconds!),
  );
  section(14, imported.length > 0, (body) => {
    for (const digest of imported) body.writeBytes(Buffer.from(digest, "hex"));
  });
  section(12, deletedTo.size > 0, (body) => writeByNumber(body, deletedTo));
  section(13, erasedTo.size > 0, (body) => writeByNumber(body, erasedTo));
  section(15, rolledSource !== undefined, (body) => body.writeBytes(Buffer.from(rolledSource!, "hex")));
  section(18, indexIds !== undefined, (body) => writeIndexIds(body, indexIds!));
  section(19, unindexed !== undefined, (body) => {
    const { deletedTo, atMs, before } = unindexed!;
    body.writeVarint(deletedTo).writeVarint(atMs).writeVarint(before);
  });
  section(10, quarantined > 0, (body) => body.writeVarint(quarantined));
}

function writeHex(writer: ByteWriter, values: ReadonlyMap<number, string>): void {
  writer.writeVarint(values.size);
  for (const [number, hex] of values) {
    const bytes = Buffer.from(hex, "hex");
    writer.writeVarint(number).writeVarint(bytes.length).writeBytes(bytes);
  }
}

function writeByNumber(writer: ByteWriter, values: ReadonlyMap<number, number>): void {
  writer.writeVarint(values.size);
  for (const [number, value] of values) writer.writeVarint(number).writeVarint(value);
}

function readByNumber(reader: ByteReader): Map<number, number> {
  const values = new Map<number, number>();
  for (let count = reader.readVarint(); count > 0; count--) {
    const number = reader.readVarint();
    values.set(number, reader.readVarint());
  }
  return values;
}

function writeNumbers(writer: ByteWriter, numbers: readonly number[]): void {
  writer.writeVarint(numbers.length);
  for (const number of numbers) writer.writeVarint(number);
}

/** Throws "data". */
export function readFacts(reader: ByteReader): StoredFacts {
  const facts: { -readonly [Name in keyof StoredFacts]: StoredFacts[Name] } = {
    ...NO_FACTS,
    final: [],
    full: [],
    filled: new Map(),
    ends: new Map(),
    deletedTo: new Map(),
    erasedTo: new Map(),
  };
  while (reader.remaining > 0) {
    const tag = reader.readVarint();
    const body = new ByteReader(reader.readBytes(reader.readVarint()), "manifest");
    if (tag === 1) facts.flushed = readTally(body);
    else if (tag === 2) facts.final = readNumbers(body);
    else if (tag === 3) facts.expiresAtSeconds = body.readVarint();
    else if (tag === 4) facts.drainedToMs = body.readVarint();
    else if (tag === 5) facts.settledMarks = hex(body.readBytes(DIGEST_BYTES));
    else if (tag === 6) facts.held = readHeld(body);
    else if (tag === 7) facts.attempts = { count: body.readVarint(), atMs: body.readVarint() };
    else if (tag === 8) facts.full = readNumbers(body);
    else if (tag === 9) facts.takenToMs = body.readVarint();
    else if (tag === 11) facts.filled = readHex(body);
    else if (tag === 16) facts.ends = readHex(body);
    else if (tag === 17) facts.dictionariesExpireAtSeconds = body.readVarint();
    else if (tag === 14) facts.imported = readDigests(body);
    else if (tag === 12) facts.deletedTo = readByNumber(body);
    else if (tag === 13) facts.erasedTo = readByNumber(body);
    else if (tag === 15) facts.rolledSource = hex(body.readBytes(DIGEST_BYTES));
    else if (tag === 18) facts.indexIds = readIndexIds(body);
    else if (tag === 19)
      facts.unindexed = {
        deletedTo: body.readVarint(),
        atMs: body.readVarint(),
        before: body.readVarint(),
      };
    else if (tag === 10) facts.quarantined = body.readVarint();
  }
  return facts;
}

function readDigests(body: ByteReader): string[] {
  const digests: string[] = [];
  while (body.remaining > 0) digests.push(hex(body.readBytes(DIGEST_BYTES)));
  return digests;
}

function readHex(body: ByteReader): Map<number, string> {
  const values = new Map<number, string>();
  for (let count = body.readVarint(); count > 0; count--) {
    const number = body.readVarint();
    values.set(number, hex(body.readBytes(body.readVarint())));
  }
  return values;
}

function readHeld(body: ByteReader): HeldBucket[] {
  const held: HeldBucket[] = [];
  for (let count = body.readVarint(); count > 0; count--)
    held.push({ bucket: body.readVarint(), triedMs: body.readVarint() });
  return held;
}

function readNumbers(reader: ByteReader): number[] {
  const numbers: number[] = [];
  for (let count = reader.readVarint(); count > 0; count--) numbers.push(reader.readVarint());
  return numbers;
}

/** Without a copy of the bytes. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
