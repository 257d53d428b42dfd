/**
 * Deletions of a UTC day: which series lose which of the samples that were received before. They are
 * one item beside the day's manifest, replaced whole by compare and swap, so each has a number of its
 * own. A deletion hides
 *
 * - of the log: what was received until the moment of the deletion;
 * - of a part: everything, unless the part's `deletedTo` reaches the deletion's number. A flush takes
 *   what settled, so it knows every deletion whose moment lies before the last record that it takes.
 *
 * What is written again later counts again. A deletion stays until its series have left the index
 * (compact/erasing): until then only the deletion says that they have no samples.
 *
 *     version    1 byte, 1
 *     last       varint: the highest number ever used
 *     deletions  varint, then each in the order of their numbers
 *       number     varint
 *       deleted    varint, ms
 *       minTime, maxTime   zigzag varint, ms; varint, less minTime
 *       key        string: the access key that asked; empty for the command line
 *       selectors  varint, each with its matchers: varint, each a type (1 byte), a name and a value
 */
import { HearthError } from "../../model/errors.ts";
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import { type Matcher, type MatcherType, matchesAll, newMatcher } from "../../model/matcher.ts";
import type { TimeRange } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";

/** Matchers of which a series passes all. */
export type Selector = readonly Matcher[];

export interface Deletion extends TimeRange {
  readonly number: number;
  /** In ms: what was received until then (included) is deleted. */
  readonly deletedMs: number;
  /** A series is meant that passes any of them. */
  readonly selectors: readonly Selector[];
  /** Who asked, as an access key's id; empty: someone with the command line. */
  readonly accessKeyId: string;
}

export interface DayDeletions {
  /** The highest number ever used. */
  readonly last: number;
  /** By ascending number. */
  readonly all: readonly Deletion[];
}

export const NO_DELETIONS: DayDeletions = { last: 0, all: [] };

const VERSION = 1;
const TYPES: readonly MatcherType[] = ["=", "!=", "=~", "!~"];

export function encodeDeletions({ last, all }: DayDeletions): Uint8Array {
  const writer = new ByteWriter().writeByte(VERSION).writeVarint(last).writeVarint(all.length);
  for (const { number, deletedMs, minTime, maxTime, accessKeyId, selectors } of all) {
    writer.writeVarint(number).writeVarint(deletedMs);
    writer.writeSigned(minTime).writeVarint(maxTime - minTime);
    writer.writeString(accessKeyId).writeVarint(selectors.length);
    for (const selector of selectors) {
      writer.writeVarint(selector.length);
      for (const { type, name, value } of selector)
        writer.writeByte(TYPES.indexOf(type)).writeString(name).writeString(value);
    }
  }
  return writer.finish();
}

/** Throws "data" for bytes that `encodeDeletions` cannot have made. */
export function decodeDeletions(value: Uint8Array): DayDeletions {
  const reader = new ByteReader(value, "deletions");
  const version = reader.readByte();
  if (version !== VERSION)
    throw new HearthError("data", `deletions: version ${version}, expected ${VERSION}`);
  const last = reader.readVarint();
  const all: Deletion[] = [];
  for (let count = reader.readVarint(); count > 0; count--) all.push(readDeletion(reader));
  return { last, all };
}

function readDeletion(reader: ByteReader): Deletion {
  const [number, deletedMs] = [reader.readVarint(), reader.readVarint()];
  const minTime = reader.readSigned();
  const maxTime = minTime + reader.readVarint();
  const accessKeyId = reader.readString();
  const selectors: Selector[] = [];
  for (let count = reader.readVarint(); count > 0; count--) selectors.push(readSelector(reader));
  return { number, deletedMs, minTime, maxTime, accessKeyId, selectors };
}

function readSelector(reader: ByteReader): Selector {
  const selector: Matcher[] = [];
  for (let count = reader.readVarint(); count > 0; count--) {
    const type = TYPES[reader.readByte()];
    if (type === undefined) throw new HearthError("data", "deletions: unknown type of a matcher");
    selector.push(newMatcher(type, reader.readString(), reader.readString()));
  }
  // Most series differ in their metric, which is compared first.
  return selector.sort((a, b) => Number(b.name === METRIC_NAME) - Number(a.name === METRIC_NAME));
}

/** Whether a deletion means a series. */
export function isMeant({ selectors }: Pick<Deletion, "selectors">, labels: LabelSet): boolean {
  return selectors.some((selector) => matchesAll(selector, labels));
}

export function overlaps(a: TimeRange, b: TimeRange): boolean {
  return a.minTime <= b.maxTime && a.maxTime >= b.minTime;
}

/** Whether a range lies within another. */
export function covers(outer: TimeRange, inner: TimeRange): boolean {
  return outer.minTime <= inner.minTime && outer.maxTime >= inner.maxTime;
}

/** Whether nothing is left of what an earlier deletion hides once a later one hides its own. */
export function supersedes(later: Omit<Deletion, "number">, earlier: Deletion): boolean {
  if (later.deletedMs < earlier.deletedMs || !covers(later, earlier)) return false;
  const known = new Set(later.selectors.map(textOf));
  return earlier.selectors.every((selector) => known.has(textOf(selector)));
}

/** Those of higher numbers than one that nothing need be hidden of any more. */
export function withoutDeletions({ last, all }: DayDeletions, toNumber: number): DayDeletions {
  return { last, all: all.filter(({ number }) => number > toNumber) };
}

/** The same for selectors with the same matchers. */
function textOf(selector: Selector): string {
  return JSON.stringify(selector.map(({ type, name, value }) => [name, type, value]).sort());
}
