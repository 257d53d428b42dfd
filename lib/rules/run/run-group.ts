/**
 * Brings one group up to date: evaluates its due times and replaces its state. Two processes that do so at once are
 * harmless: the state is replaced by compare and swap, and only the one that replaced it stores samples and sends alerts.
 *
 * The state goes first and has what is to be stored after it. A process that finds a state and does not know that its
 * samples are stored, stores them again: a sample of the same series and time is the same sample.
 */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import type { Log } from "../../model/log.ts";
import type { SeriesSource } from "../../promql/engine-interface.ts";
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import {
  deletePieces,
  getHead,
  isEnded,
  loadPieces,
  putPieces,
  replaceHead,
  type StoredHead,
} from "../../storage/rules/state-items.ts";
import type { Table } from "../../storage/table/table.ts";
import { type EvaluationContext, evaluateGroup } from "../evaluate/evaluate-group.ts";
import { repeatNotifications } from "../evaluate/notifications.ts";
import type { GroupState } from "../group-state.ts";
import type { Notification } from "../notifier.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import { nameOf, type RuleGroup } from "../rule-file.ts";
import type { GroupMemory, RememberedGroup } from "./group-memory.ts";
import { CATCH_UP_MS, type DueTimes, dueTimes, latestSlot, slotOffset } from "./schedule.ts";
import { type Dictionary, decodeState, encodeState, NO_DICTIONARY } from "./state-codec.ts";

/** Times of one round: what a process that dies in the middle of many has to do again. */
const MAX_TIMES = 10;

export interface GroupRun {
  readonly table: Table;
  readonly tenant: string;
  readonly group: RuleGroup;
  readonly name: GroupName;
  readonly context: EvaluationContext;
  readonly memory: GroupMemory;
  readonly log: Log;
}

/** What a round came to. */
export interface GroupRound {
  /** To be stored now; `onStored` is to be called when that is done. */
  readonly samples: readonly RecordedSample[];
  readonly onStored: () => void;
  readonly notifications: readonly Notification[];
  readonly evaluations: number;
  readonly failures: number;
  readonly missed: number;
  /** How far the oldest evaluation was behind its nominal time, in ms. */
  readonly lateMs: number;
  /** The head that is stored now; undefined if another process came first. */
  readonly head: StoredHead | undefined;
}

/** The first time that is due, infinity for none. */
export function firstDue(run: GroupRun, evaluatedMs: number | undefined): number {
  return dueTimesOf(run, evaluatedMs, 1).times[0] ?? Number.POSITIVE_INFINITY;
}

/** The first nominal time after one. */
export function nextSlot(run: GroupRun, evaluatedMs: number): number {
  const { intervalMs, offsetMs } = slotsOf(run);
  return latestSlot(evaluatedMs, intervalMs, offsetMs) + intervalMs;
}

function dueTimesOf(run: GroupRun, evaluatedMs: number | undefined, most: number): DueTimes {
  const { intervalMs, offsetMs } = slotsOf(run);
  return dueTimes(evaluatedMs, run.context.clock(), intervalMs, offsetMs, most);
}

function slotsOf({ tenant, name, group, context }: GroupRun) {
  const intervalMs = group.intervalMs ?? context.settings.intervalMs;
  return { intervalMs, offsetMs: slotOffset(tenant, name.namespace, name.name, intervalMs) };
}

/** The state of a group: cached, or loaded. A damaged one is logged, and the group starts again. */
export async function loadGroup(
  { table, tenant, name, memory, log }: Pick<GroupRun, "table" | "tenant" | "name" | "memory" | "log">,
  head: StoredHead | undefined,
): Promise<RememberedGroup | undefined> {
  if (head === undefined || isEnded(head)) return undefined;
  const key = memoryKey(tenant, name);
  const known = memory.find(key, head.bytes);
  if (known !== undefined) return known;
  try {
    const pieces = await loadPieces(table, tenant, name, head.pieces);
    const loaded: RememberedGroup = { head: head.bytes, ...decodeState(head, pieces), isStored: false };
    memory.keep(key, loaded);
    return loaded;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    const now = await getHead(table, tenant, name);
    if (now === undefined || Buffer.compare(now.bytes, head.bytes) !== 0)
      throw new HearthError(
        "unavailable",
        `rule group ${name.namespace}/${name.name}: another process was first`,
      );
    log("error", "rules: the state of a group is lost", { tenant, ...name, error: errorMessage(error) });
    return undefined;
  }
}

/**
 * Evaluates up to ten due times. `source`: what is stored, and what this process is about to store. Undefined if nothing is
 * due. Throws "unavailable"; then nothing has changed, or it is as if another process had made the round.
 */
export async function runGroup(
  run: GroupRun,
  head: StoredHead | undefined,
  source: SeriesSource,
): Promise<GroupRound | undefined> {
  const { table, tenant, group, name, context, memory, log } = run;
  const before = await loadGroup(run, head);
  const { times, missed } = dueTimesOf(run, before?.state.evaluatedMs, MAX_TIMES);
  if (times.length === 0) return undefined;
  const oldestMs = context.clock() - CATCH_UP_MS;
  const unstored =
    before?.isStored === false ? before.state.written.filter(({ timestamp }) => timestamp >= oldestMs) : [];
  const unsent = before?.isStored === false ? before.state.changes : [];
  const key = memoryKey(tenant, name);
  let round: Evaluated;
  try {
    round = await evaluateTimes(run, before?.state, times, source, unstored);
    memory.noteTable(key, false, context.clock());
  } catch (error) {
    memory.noteTable(key, errorKind(error) === "unavailable", context.clock());
    throw error;
  }
  if (missed > 0) log("warn", "rules: evaluations were missed", { tenant, ...name, missed });
  const state = {
    ...round.state,
    changes: [...unsent, ...round.state.changes],
    missed: (before?.state.missed ?? 0) + missed,
  };
  const stored = await storeState(table, tenant, name, head, before?.dictionary ?? NO_DICTIONARY, state);
  const counts = {
    evaluations: times.length * group.rules.length,
    failures: round.failures,
    missed,
    lateMs: context.clock() - times[0],
  };
  if (stored === undefined) {
    log("debug", "rules: another process was first", { tenant, ...name });
    return { samples: [], onStored: () => {}, notifications: [], ...counts, head: undefined };
  }
  const remembered: RememberedGroup = {
    head: stored.head.bytes,
    state,
    dictionary: stored.dictionary,
    isStored: false,
  };
  memory.keep(key, remembered);
  const onStored = () => {
    remembered.isStored = true;
  };
  // What the round before has handed over was perhaps not delivered.
  const repeated = repeatNotifications(unsent, group, context);
  const notifications = [...repeated, ...round.notifications];
  return { samples: state.written, onStored, notifications, ...counts, head: stored.head };
}

interface Evaluated {
  readonly state: GroupState;
  readonly notifications: readonly Notification[];
  readonly failures: number;
}

/** `unstored`: samples of the state before that are perhaps not stored: they are stored again with the new ones. */
async function evaluateTimes(
  run: GroupRun,
  before: GroupState | undefined,
  times: readonly number[],
  source: SeriesSource,
  unstored: readonly RecordedSample[],
): Promise<Evaluated> {
  const { tenant, name, group, context, memory } = run;
  let state = before;
  const written = [...unstored];
  const changes: Notification[] = [];
  const notifications: Notification[] = [];
  let failures = 0;
  for (const timeMs of times) {
    const waits = memory.waitsForTable(memoryKey(tenant, name), context.clock());
    const evaluated = await evaluateGroup(group, state, timeMs, source, written, context, waits);
    state = evaluated.state;
    if (evaluated.failures > 0) logFailures(run, state);
    written.push(...state.written);
    changes.push(...state.changes);
    notifications.push(...evaluated.notifications);
    failures += evaluated.failures;
  }
  return { state: { ...state!, written, changes }, notifications, failures };
}

/** Lines for one group and time: the API has all errors. */
const MAX_LOGGED_FAILURES = 3;

function logFailures({ tenant, name, group, log }: GroupRun, { rules }: GroupState): void {
  const failed = rules.flatMap(({ lastError }, index) =>
    lastError === "" ? [] : [{ index, error: lastError }],
  );
  for (const { index, error } of failed.slice(0, MAX_LOGGED_FAILURES))
    log("warn", "rules: a rule failed", { tenant, ...name, rule: nameOf(group.rules[index]), error });
}

/** Undefined if another process came first. */
async function storeState(
  table: Table,
  tenant: string,
  name: GroupName,
  before: StoredHead | undefined,
  dictionary: Dictionary,
  state: GroupState,
): Promise<{ readonly head: StoredHead; readonly dictionary: Dictionary } | undefined> {
  const encoded = encodeState(state, dictionary);
  await putPieces(table, tenant, name, encoded.newPieces);
  const bytes = await replaceHead(table, tenant, name, before?.bytes, encoded.head);
  if (bytes === undefined) return undefined;
  const named = new Set(encoded.head.pieces);
  await deletePieces(
    table,
    tenant,
    name,
    (before?.pieces ?? []).filter((id) => !named.has(id)),
  );
  return { head: { ...encoded.head, bytes }, dictionary: encoded.dictionary };
}

export function memoryKey(tenant: string, { namespace, name }: GroupName): string {
  return [tenant, namespace, name].join("\0");
}
