/**
 * The state of a group as bytes. Label sets are most of it and change least, so they are in dictionaries of their own:
 * lists of label sets that never change, each a piece (../storage/rules/state-items.ts). What is left of a usual group takes
 * less than the KB that one write unit pays for. Both are JSON, deflated.
 */
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { errorMessage, HearthError } from "../../model/errors.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { LabelSet } from "../../model/labels.ts";
import { ByteReader } from "../../storage/codec/bytes.ts";
import { encodeHistogram, readHistogram } from "../../storage/codec/histogram-bytes.ts";
import { MAX_PIECE_BYTES, type StateHead } from "../../storage/rules/state-items.ts";
import type { Alert, AlertState } from "../alert.ts";
import type { GroupState, RuleHealth, RuleState } from "../group-state.ts";
import { labelsKey } from "../label-builder.ts";
import type { Notification } from "../notifier.ts";
import type { RecordedSample } from "../recorded-samples.ts";

/** Of a group: label sets by number, and the pieces that have them, the first numbers first. */
export interface Dictionary {
  readonly pieces: readonly DictionaryPiece[];
  readonly labels: readonly LabelSet[];
  readonly numbers: ReadonlyMap<string, number>;
}

export interface DictionaryPiece {
  readonly id: string;
  readonly count: number;
}

export interface EncodedState {
  readonly head: StateHead;
  /** To be stored before the head, by id. */
  readonly newPieces: ReadonlyMap<string, Uint8Array>;
  readonly dictionary: Dictionary;
}

export const NO_DICTIONARY: Dictionary = { pieces: [], labels: [], numbers: new Map() };

/** With more pieces, or a larger share of label sets that are used no more, a dictionary is written again. */
const MAX_DICTIONARIES = 8;
const MAX_UNUSED_SHARE = 0.5;
const MIN_LABEL_SETS = 64;
/** Bytes of JSON in a piece before it is deflated: what does not shrink at all still fits. */
const MAX_PIECE_TEXT = MAX_PIECE_BYTES - 1024;
const ID_HEX_CHARACTERS = 24;
/** Against a state that inflates without end. */
const MAX_INFLATED_BYTES = 256 * 1024 * 1024;

type JsonNumber = number | string;
/** A number, "stale" or a histogram in base64. */
type JsonValue = JsonNumber | readonly [string];
type JsonAlert = readonly [
  labels: number,
  annotations: LabelSet,
  state: AlertState,
  value: JsonNumber,
  activeAtMs: number,
  firedAtMs: number,
  resolvedAtMs: number,
  keepFiringSinceMs: number,
  sentAtMs: number,
];
type JsonRule = readonly [
  /** A number of the dictionary, which has `[["", key]]` for it: keys change as seldom as label sets. */
  key: number,
  health: RuleHealth,
  lastError: string,
  /** After that of the group, and so below 0 after a failure that was kept. */
  startedAfterMs: number,
  durationMs: number,
  series: readonly number[],
  alerts: readonly JsonAlert[],
];
interface JsonState {
  readonly evaluatedMs: number;
  readonly startedMs: number;
  readonly durationMs: number;
  readonly missed: number;
  readonly rules: readonly JsonRule[];
  /** By time, for each its series and their values. */
  readonly written: readonly (readonly [number, readonly number[], readonly JsonValue[]])[];
  readonly changes: readonly Notification[];
  /** How many label sets each dictionary has; the pieces after those are of a body that did not fit the head. */
  readonly dictionaries: readonly number[];
}

/** `before`: the dictionary of the state that this one replaces. */
export function encodeState(state: GroupState, before: Dictionary): EncodedState {
  const used = usedLabels(state);
  const newPieces = new Map<string, Uint8Array>();
  const dictionary = extend(before, used, state.evaluatedMs, newPieces);
  const number = (labels: LabelSet) => dictionary.numbers.get(labelsKey(labels))!;
  const json: JsonState = {
    evaluatedMs: state.evaluatedMs,
    startedMs: state.startedMs,
    durationMs: Math.round(state.durationMs),
    missed: state.missed,
    rules: state.rules.map((rule) => ruleToJson(rule, state.startedMs, number)),
    written: writtenToJson(state.written, number),
    changes: state.changes,
    dictionaries: dictionary.pieces.map(({ count }) => count),
  };
  const body = deflate(json);
  const ids = dictionary.pieces.map(({ id }) => id);
  if (body.length <= MAX_PIECE_BYTES)
    return { head: { pieces: ids, body: withFlag(0, body) }, newPieces, dictionary };
  for (let start = 0; start < body.length; start += MAX_PIECE_BYTES) {
    const piece = body.subarray(start, start + MAX_PIECE_BYTES);
    const id = pieceId(state.evaluatedMs, newPieces.size, piece);
    newPieces.set(id, piece);
    ids.push(id);
  }
  const flag = ids.length - dictionary.pieces.length;
  return { head: { pieces: ids, body: withFlag(flag, new Uint8Array(0)) }, newPieces, dictionary };
}

/** The first bytes of a body: how many pieces at the end of the head's have the rest of it. */
function withFlag(bodyPieces: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + body.length);
  new DataView(bytes.buffer).setUint16(0, bodyPieces);
  bytes.set(body, 2);
  return bytes;
}

/** The pieces of label sets that are to be loaded before a head is decoded; all others have a part of the body. */
export function decodeState(
  { pieces, body }: StateHead,
  loaded: ReadonlyMap<string, Uint8Array>,
): { readonly state: GroupState; readonly dictionary: Dictionary } {
  try {
    const bodyPieces = new DataView(body.buffer, body.byteOffset).getUint16(0);
    const dictionaryIds = pieces.slice(0, pieces.length - bodyPieces);
    const rest = pieces.slice(dictionaryIds.length).map((id) => loaded.get(id)!);
    const json = inflate(bodyPieces === 0 ? body.subarray(2) : Buffer.concat(rest)) as JsonState;
    const labels = dictionaryIds.flatMap((id) => inflate(loaded.get(id)!) as LabelSet[]);
    const known = dictionaryIds.map((id, index) => ({ id, count: json.dictionaries[index] }));
    const numbers = new Map(labels.map((each, index) => [labelsKey(each), index]));
    return { state: stateOfJson(json, labels), dictionary: { pieces: known, labels, numbers } };
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw new HearthError("data", `state of a rule group: ${errorMessage(error)}`, { cause: error });
  }
}

/** The dictionary with the label sets that it lacks; a new one where most of it is used no more. */
function extend(
  before: Dictionary,
  used: ReadonlyMap<string, LabelSet>,
  timeMs: number,
  newPieces: Map<string, Uint8Array>,
): Dictionary {
  const missing = [...used].filter(([key]) => !before.numbers.has(key));
  const total = before.labels.length + missing.length;
  const unused = total - used.size;
  const isWasteful = total >= MIN_LABEL_SETS && unused > total * MAX_UNUSED_SHARE;
  if (missing.length === 0 && !isWasteful) return before;
  const startsAnew = isWasteful || before.pieces.length >= MAX_DICTIONARIES;
  const base = startsAnew ? NO_DICTIONARY : before;
  const added = startsAnew ? [...used] : missing;
  const numbers = new Map(base.numbers);
  for (const [key] of added) numbers.set(key, numbers.size);
  const pieces = [...base.pieces];
  for (const labels of slices(added.map(([, each]) => each))) {
    const bytes = deflate(labels);
    const id = pieceId(timeMs, newPieces.size, bytes);
    newPieces.set(id, bytes);
    pieces.push({ id, count: labels.length });
  }
  return { pieces, labels: [...base.labels, ...added.map(([, each]) => each)], numbers };
}

function* slices(labels: readonly LabelSet[]): Generator<LabelSet[]> {
  let slice: LabelSet[] = [];
  let sizeBytes = 0;
  for (const each of labels) {
    const size = Buffer.byteLength(JSON.stringify(each)) + 1;
    if (sizeBytes + size > MAX_PIECE_TEXT && slice.length > 0) {
      yield slice;
      slice = [];
      sizeBytes = 0;
    }
    slice.push(each);
    sizeBytes += size;
  }
  if (slice.length > 0) yield slice;
}

/** Of the time too: a piece is never stored again after it was deleted. */
function pieceId(timeMs: number, number: number, bytes: Uint8Array): string {
  const hash = createHash("sha256").update(`${timeMs}/${number}/`).update(bytes);
  return hash.digest("hex").slice(0, ID_HEX_CHARACTERS);
}

function usedLabels(state: GroupState): Map<string, LabelSet> {
  const used = new Map<string, LabelSet>();
  const add = (labels: LabelSet) => used.set(labelsKey(labels), labels);
  for (const { key, series, alerts } of state.rules) {
    add(keyEntry(key));
    for (const labels of series) add(labels);
    for (const { labels } of alerts) add(labels);
  }
  for (const { labels } of state.written) add(labels);
  return used;
}

/** A rule's key as an entry of a dictionary: no label set has an empty name. */
function keyEntry(key: string): LabelSet {
  return [["", key]];
}

function ruleToJson(rule: RuleState, groupStartedMs: number, number: (labels: LabelSet) => number): JsonRule {
  const { key, health, lastError, startedMs, durationMs, series, alerts } = rule;
  return [
    number(keyEntry(key)),
    health,
    lastError,
    startedMs - groupStartedMs,
    Math.round(durationMs),
    series.map(number),
    alerts.map(
      (alert): JsonAlert => [
        number(alert.labels),
        alert.annotations,
        alert.state,
        printNumber(alert.value),
        alert.activeAtMs,
        alert.firedAtMs ?? 0,
        alert.resolvedAtMs ?? 0,
        alert.keepFiringSinceMs ?? 0,
        alert.sentAtMs ?? 0,
      ],
    ),
  ];
}

function writtenToJson(
  written: readonly RecordedSample[],
  number: (labels: LabelSet) => number,
): JsonState["written"] {
  const byTime = new Map<number, [number[], JsonValue[]]>();
  for (const { labels, timestamp, value } of written) {
    let columns = byTime.get(timestamp);
    if (columns === undefined) {
      columns = [[], []];
      byTime.set(timestamp, columns);
    }
    columns[0].push(number(labels));
    columns[1].push(valueToJson(value));
  }
  return Array.from(byTime, ([time, [series, values]]) => [time, series, values] as const);
}

function valueToJson(value: RecordedSample["value"]): JsonValue {
  if (typeof value === "object") return [Buffer.from(encodeHistogram(value)).toString("base64")];
  return value === "stale" ? value : printNumber(value);
}

function stateOfJson(json: JsonState, labels: readonly LabelSet[]): GroupState {
  const find = (number: number): LabelSet => {
    const found = labels[number];
    if (found === undefined) throw new HearthError("data", `state of a rule group: no label set ${number}`);
    return found;
  };
  return {
    evaluatedMs: json.evaluatedMs,
    startedMs: json.startedMs,
    durationMs: json.durationMs,
    missed: json.missed,
    rules: json.rules.map(([key, health, lastError, startedMs, durationMs, series, alerts]) => ({
      key: find(key)[0][1],
      health,
      lastError,
      startedMs: json.startedMs + startedMs,
      durationMs,
      series: series.map(find),
      alerts: alerts.map((alert) => alertOfJson(alert, find)),
    })),
    changes: json.changes,
    written: json.written.flatMap(([timestamp, series, values]) =>
      series.map((number, index) => ({ labels: find(number), timestamp, value: valueOfJson(values[index]) })),
    ),
  };
}

function alertOfJson(json: JsonAlert, find: (number: number) => LabelSet): Alert {
  const [labels, annotations, state, value, activeAtMs, fired, resolved, keepFiring, sent] = json;
  return {
    labels: find(labels),
    annotations,
    state,
    value: parseNumber(value),
    activeAtMs,
    firedAtMs: fired || undefined,
    resolvedAtMs: resolved || undefined,
    keepFiringSinceMs: keepFiring || undefined,
    sentAtMs: sent || undefined,
  };
}

function valueOfJson(value: JsonValue): number | Histogram | "stale" {
  if (typeof value === "object")
    return readHistogram(new ByteReader(Buffer.from(value[0], "base64"), "histogram of a rule"));
  return value === "stale" ? value : parseNumber(value);
}

/** JSON has no NaN, no infinity and no negative zero. */
function printNumber(value: number): JsonNumber {
  if (Object.is(value, -0)) return "-0";
  return Number.isFinite(value) ? value : String(value);
}

function parseNumber(value: JsonNumber): number {
  return Number(value);
}

function deflate(json: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(json));
}

function inflate(bytes: Uint8Array): unknown {
  const text = inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  return JSON.parse(text.toString());
}
