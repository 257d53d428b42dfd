/**
 * Compaction of one tenant's day: whatever its plan says is due, under a lease, each step published by replacing the manifest.
 * Killed between any two calls it leaves nothing that counts half; whoever comes next reads the manifest and goes on from it.
 */
import { errorKind } from "../../model/errors.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { listShards } from "../layout/day-shards.ts";
import { earliestUncounted, tallyBefore } from "../layout/flush-tally.ts";
import { type IndexPart, isOpenRun, type Manifest, NO_LEASE, type Part } from "../layout/manifest.ts";
import type { ManifestFacts } from "../layout/manifest-facts.ts";
import { loadManifest, replaceManifest, type StoredManifest } from "../layout/manifest-store.ts";
import { TRANSIENT_MS } from "../layout/retention.ts";
import { SETTLE_MS } from "../log/settling.ts";
import { type Chunked, chunk } from "./chunking.ts";
import { DamagedInput } from "./damaged-input.ts";
import { type DayContext, newId } from "./day-context.ts";
import { dayItemsExpiry } from "./day-items.ts";
import { earlierExpiry } from "./expiry.ts";
import { firstReceived, flush, tallyLog, tallyOf } from "./flush.ts";
import {
  type Chunking,
  type Flush,
  HELD_INDEX,
  type IndexMerge,
  isSettled,
  isWorthFlushing,
  type PlanOptions,
  planChunking,
  planFlush,
  planIndexMerge,
} from "./plan-compaction.ts";
import {
  dayExpiryOf,
  hasExpired,
  isRenewalDue,
  keepRecords,
  keepRuns,
  release,
  releaseRuns,
  renewDay,
} from "./renewal.ts";
import { backoffMs, heldError, isSuspect, setAsideError } from "./set-aside.ts";
import { mergeIndexParts } from "./store-index.ts";

/** How long a day stays a compactor's own between two of its steps; a dead one's days wait so long. */
export const LEASE_MS = 5 * MINUTE_MS;
/** What is not superseded after so long is stored again, without TTL, if its day fails; and, after the second, before anything else. */
const KEEP_MS = TRANSIENT_MS / 2;
const URGENT_KEEP_MS = TRANSIENT_MS - 4 * DAY_MS;
/** Records received longer ago may have left by TTL, so the log is not compared with what was flushed of it. */
const COMPARED_MS = TRANSIENT_MS - 2 * DAY_MS;

export interface DayOutcome {
  /**
   * "done": nothing is due. "out of time": something is. "busy": another compactor works on it, or came in between, and what
   * this one had not published does not count. "failed": see `error`. "set aside": it failed before, and waits for its next
   * try, "suspect": which is due.
   */
  readonly state: "done" | "out of time" | "busy" | "failed" | "set aside" | "suspect";
  readonly flushes: number;
  /** Of the index. */
  readonly merges: number;
  readonly chunkings: number;
  /** Of records flushed and of samples made chunks. */
  readonly records: number;
  readonly samples: number;
  /** What was received until then is out of the log, in ms. */
  readonly flushedToMs: number;
  /** Marks of hours before it are wholly compacted, in ms; 0 while anything waits for its time. */
  readonly settledToMs: number;
  /** Since when a reader finds samples in the log alone, in ms, as far as that was looked at; undefined: there are none. */
  readonly oldestMs: number | undefined;
  /** What is wrong: why the day failed, or what was left out of it. */
  readonly error?: unknown;
}

export interface CompactDayOptions {
  /** No step is begun after it, in ms, nor after `signal` is aborted; one that has begun is finished. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Flushes all that has settled, however little. Default false. */
  readonly isEager?: boolean | undefined;
  /** Flushes, merges and chunks all there is, whatever its age, while nobody writes. Default false. */
  readonly isFinishing?: boolean | undefined;
  /** See `PlanOptions`. */
  readonly sparseSamples?: number | undefined;
}

/** What the marks say of a day. */
export interface DayMarks {
  /** The start of the last hour in which it was written to, in ms. */
  readonly lastHourMs: number;
  /** Digest of all marks of the day, 8 bytes in hex; undefined where some were not read. */
  readonly digest?: string | undefined;
  /** Whether a day that failed before is tried, which may end the process. */
  readonly mayRetry?: boolean | undefined;
  /** Nothing but its expiry is in question. */
  readonly isRenewalOnly?: boolean | undefined;
}

/** Where a day was settled without all of its marks. */
const UNKNOWN_MARKS = "00".repeat(8);

/** Of a day about whose marks nothing is known: its log is looked at. */
const NO_MARKS: DayMarks = { lastHourMs: Number.POSITIVE_INFINITY, mayRetry: true };

/** Does what is due until nothing is, or it is time to stop. Throws "unavailable". */
export async function compactDay(
  context: DayContext,
  options: CompactDayOptions,
  marks: DayMarks = NO_MARKS,
): Promise<DayOutcome> {
  const stored = await loadManifest(context.table, context.tenant, context.day);
  const compactor = new DayCompactor(context, stored, options, marks);
  try {
    return await compactor.run();
  } catch (error) {
    return compactor.fail(error);
  }
}

type Step =
  | Flush
  | IndexMerge
  | Chunking
  | { readonly kind: "keep"; readonly toMs: number }
  | { readonly kind: "renew" }
  | { readonly kind: "forget" }
  | { readonly kind: "settle" };

/** "lost": another compactor came first. "stopped": the time was up, and what is done is noted. "held": its inputs are damaged. */
type StepResult = "published" | "lost" | "stopped" | "held";

type FactChange = Partial<ManifestFacts>;
type Change = Partial<Omit<Manifest, "facts">> & { readonly facts?: FactChange };

const NO_ATTEMPTS = { count: 0, atMs: 0 };

class DayCompactor {
  readonly #context: DayContext;
  readonly #options: CompactDayOptions;
  readonly #marks: DayMarks;
  readonly #owner: string;
  readonly #progress = { flushes: 0, merges: 0, chunkings: 0, records: 0, samples: 0 };
  readonly #held = new Set<number>();
  #stored: StoredManifest;
  #isLeased = false;
  /** The log was found empty until then, which needs no manifest to say so. */
  #emptyToMs = 0;
  /** When the first record of the log was received that waits there. */
  #oldestMs: number | undefined;
  #keptToMs = 0;
  /** This run has flushed the log from its beginning. */
  #isListedNow = false;
  /** This run has compared the log. */
  #hasCompared = false;
  /** Items in quarantine that the manifest counts. */
  #quarantined = 0;
  #error: unknown;

  constructor(context: DayContext, stored: StoredManifest, options: CompactDayOptions, marks: DayMarks) {
    this.#context = context;
    this.#owner = newId(context.randomBytes);
    this.#options = options;
    this.#marks = marks;
    this.#stored = stored;
    const { flushedToMs, facts } = stored.manifest;
    // Until the log is looked at: what came since the last flush, at most.
    this.#oldestMs = facts.drainedToMs < this.#markedToMs ? flushedToMs : undefined;
  }

  async run(): Promise<DayOutcome> {
    const { clock } = this.#context;
    const { deadlineMs, signal } = this.#options;
    const isTimeUp = () => signal?.aborted === true || clock() >= deadlineMs;
    const { attempts } = this.#manifest.facts;
    if (isSuspect(attempts) && this.#marks.isRenewalOnly !== true) {
      if (clock() < attempts.atMs + backoffMs(attempts)) return this.#outcome("set aside");
      if (this.#marks.mayRetry !== true) return this.#outcome("suspect");
    }
    if (this.#isUnchanged()) return this.#outcome("done");
    if (await this.#isGone())
      return { ...this.#outcome("done"), settledToMs: Number.POSITIVE_INFINITY, oldestMs: undefined };
    for (let step = await this.#nextStep(); step !== undefined; step = await this.#nextStep()) {
      if (isTimeUp()) return this.#finish("out of time");
      // A comparison changes nothing that another compactor could be at.
      if (step.kind !== "settle" && !(await this.#lease())) return this.#outcome("busy");
      const result = await this.#do(step, isTimeUp);
      if (result === "stopped") return this.#finish("out of time");
      if (result === "lost") return this.#outcome("busy");
    }
    return this.#finish("done");
  }

  /** What to do about an error: nothing that the day has may leave meanwhile. Throws "unavailable" again. */
  async fail(error: unknown): Promise<DayOutcome> {
    if (errorKind(error) === "unavailable") {
      // The table is away: that says nothing about the day. Its lease should not hold up the next try.
      if (this.#isLeased)
        await this.#replace({ lease: NO_LEASE, facts: { attempts: NO_ATTEMPTS } }).catch(() => {});
      throw error;
    }
    this.#error = error;
    try {
      await this.#context.quarantine.store();
      await this.#keepOld();
    } catch (second) {
      if (errorKind(second) === "unavailable") throw second;
    }
    return this.#outcome("failed");
  }

  get #manifest(): Manifest {
    return this.#stored.manifest;
  }

  /** The end of the last marked hour, in ms. */
  get #markedToMs(): number {
    return this.#marks.lastHourMs + HOUR_MS;
  }

  get #isForced(): boolean {
    const { isEager = false, isFinishing = false } = this.#options;
    return isEager || isFinishing;
  }

  get #planOptions(): PlanOptions {
    const { isEager, isFinishing, sparseSamples } = this.#options;
    return { isEager, isFinishing, sparseSamples, emptyToMs: this.#emptyToMs, held: this.#held };
  }

  /** Whether the marks are those with which the day was settled, so that nothing can be due. */
  #isUnchanged(): boolean {
    const { facts } = this.#manifest;
    const { digest } = this.#marks;
    if (this.#isForced || facts.settledMarks === undefined || facts.held.length > 0) return false;
    if (digest !== undefined && digest !== facts.settledMarks) return false;
    return facts.drainedToMs >= this.#markedToMs && !isRenewalDue(this.#context, this.#manifest);
  }

  /** Whether TTL has taken the day's own items under a shorter retention: it takes the rest too. */
  async #isGone(): Promise<boolean> {
    const { table, tenant, day } = this.#context;
    if (!hasExpired(this.#context, this.#manifest)) return false;
    return (await listShards(table, tenant, day)).length === 0;
  }

  /** Whether the marks say that nothing can have come since the log was found empty. */
  #isQuiet(): boolean {
    return (
      !this.#isForced &&
      this.#marks.digest === undefined &&
      this.#manifest.facts.drainedToMs >= this.#markedToMs
    );
  }

  async #nextStep(): Promise<Step | undefined> {
    const { day, clock } = this.#context;
    if (isRenewalDue(this.#context, this.#manifest))
      return { kind: hasExpired(this.#context, this.#manifest) ? "forget" : "renew" };
    if (this.#marks.isRenewalOnly) return undefined;
    const nowMs = clock();
    const flushing = await this.#nextFlush(nowMs);
    if (flushing !== undefined) return flushing;
    const options = this.#planOptions;
    return (
      planIndexMerge(this.#manifest, day, nowMs, options) ??
      planChunking(this.#manifest, day, nowMs, options) ??
      this.#planSettling(nowMs)
    );
  }

  async #nextFlush(nowMs: number): Promise<Step | undefined> {
    if (this.#isQuiet()) {
      this.#emptyToMs = Math.max(this.#emptyToMs, nowMs - SETTLE_MS);
      this.#oldestMs = undefined;
      return undefined;
    }
    const plan = planFlush(this.#manifest, nowMs, this.#planOptions);
    if (plan === undefined) return undefined;
    const fromMs = await firstReceived(this.#context, plan);
    this.#oldestMs = fromMs;
    if (fromMs === undefined) {
      this.#emptyToMs = plan.toMs;
      return undefined;
    }
    if (this.#keptToMs === 0 && fromMs < nowMs - URGENT_KEEP_MS)
      return { kind: "keep", toMs: nowMs - KEEP_MS };
    const isWorth = this.#isForced || isWorthFlushing(this.#manifest, plan, fromMs);
    return isWorth ? { ...plan, fromMs } : undefined;
  }

  /** A day that is over is compared with its log once, and again when there are other marks than then. */
  #planSettling(nowMs: number): Step | undefined {
    const { facts } = this.#manifest;
    const { day } = this.#context;
    const { digest } = this.#marks;
    const isKnown =
      facts.settledMarks !== undefined &&
      (digest === undefined || digest === facts.settledMarks || this.#isListedNow || this.#hasCompared);
    // A day that never had anything in its log needs no manifest to say so.
    if (this.#stored.bytes === undefined) return undefined;
    if (isKnown || this.#held.size + facts.held.length > 0) return undefined;
    if (!isSettled(this.#manifest, day, nowMs) || this.#emptyToMs === 0) return undefined;
    return { kind: "settle" };
  }

  #do(step: Step, isTimeUp: () => boolean): Promise<StepResult> {
    switch (step.kind) {
      case "flush":
        return this.#flush(step);
      case "merge":
        return this.#hold(HELD_INDEX, [], () => this.#merge(step));
      case "chunk":
        return this.#hold(step.bucket, step.inputs, () => this.#chunk(step, isTimeUp));
      case "keep":
        return this.#keep(step.toMs);
      case "renew":
        return this.#renew(isTimeUp);
      case "forget":
        return this.#publish({ parts: [], index: [], facts: { expiresAtSeconds: undefined, held: [] } });
      case "settle":
        return this.#settle();
    }
  }

  async #lease(): Promise<boolean> {
    const { lease, facts } = this.#manifest;
    const nowMs = this.#context.clock();
    if (!this.#isLeased && lease.untilMs > nowMs) return false;
    // A process that ends without a word has left its attempt here.
    const attempts = this.#isLeased ? facts.attempts : { count: facts.attempts.count + 1, atMs: nowMs };
    const next = { owner: this.#owner, untilMs: nowMs + LEASE_MS };
    this.#isLeased = await this.#replace({ lease: next, facts: { attempts } });
    return this.#isLeased;
  }

  async #flush(plan: Flush): Promise<StepResult> {
    const flushed = await flush(this.#context, this.#manifest, plan);
    if (flushed === undefined) return "published";
    if (this.#manifest.flushedToMs === 0) this.#isListedNow = true;
    this.#progress.flushes++;
    this.#progress.records += flushed.records;
    const { parts, index } = this.#manifest;
    const result = await this.#publish({
      parts: [...parts, ...flushed.parts],
      index: [...index, ...flushed.index],
      flushedToMs: flushed.flushedToMs,
      facts: {
        flushed: flushed.tally,
        takenToMs: Math.min(flushed.takenToMs, this.#context.clock()),
        settledMarks: undefined,
        ...(flushed.index.length > 0 && this.#lasting(await this.#firstExpiry())),
      },
    });
    if (result !== "published") return result;
    this.#emptyToMs = Math.max(
      this.#emptyToMs,
      Math.min(flushed.takenToMs, this.#context.clock() - SETTLE_MS),
    );
    await release(this.#context, flushed.lasting);
    return result;
  }

  async #merge({ inputs }: IndexMerge): Promise<StepResult> {
    const merged = await mergeIndexParts(this.#context, inputs);
    this.#progress.merges++;
    return this.#publish({
      index: [...without(this.#manifest.index, inputs), ...merged],
      facts: { ...this.#lasting(dayExpiryOf(this.#context)), held: this.#heldWithout(HELD_INDEX) },
    });
  }

  async #chunk(plan: Chunking, isTimeUp: () => boolean): Promise<StepResult> {
    const chunked = await chunk(this.#context, plan, isTimeUp);
    if (chunked === undefined) return "stopped";
    this.#progress.chunkings++;
    this.#progress.samples += chunked.parts.reduce((total, { samples }) => total + samples, 0);
    const { facts } = this.#manifest;
    const wereKept =
      facts.held.some(({ bucket }) => bucket === plan.bucket) ||
      plan.inputs.some(({ createdMs }) => createdMs < this.#context.clock() - KEEP_MS);
    const result = await this.#publishChunks(plan, chunked);
    if (result === "published" && wereKept) await releaseRuns(this.#context, plan.inputs);
    return result;
  }

  #publishChunks(plan: Chunking, { parts, expiresAtSeconds }: Chunked): Promise<StepResult> {
    return this.#publish({
      parts: replaceInputs(this.#manifest.parts, plan.inputs, parts),
      facts: { ...this.#lasting(expiresAtSeconds), held: this.#heldWithout(plan.bucket) },
    });
  }

  /** Runs a step on a bucket; where its inputs are damaged it is left alone for a while, and they stay. */
  async #hold(bucket: number, inputs: readonly Part[], step: () => Promise<StepResult>): Promise<StepResult> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof DamagedInput)) throw error;
      this.#error ??= error;
      this.#held.add(bucket);
      await this.#context.quarantine.store();
      await keepRuns(this.#context, inputs.filter(isOpenRun));
      const held = [...this.#heldWithout(bucket), { bucket, triedMs: this.#context.clock() }];
      return (await this.#replace({ facts: { held, attempts: NO_ATTEMPTS } })) ? "held" : "lost";
    }
  }

  #heldWithout(bucket: number): ManifestFacts["held"] {
    return this.#manifest.facts.held.filter((one) => one.bucket !== bucket);
  }

  async #keep(toMs: number): Promise<StepResult> {
    await keepRecords(this.#context, this.#manifest, toMs);
    this.#keptToMs = toMs;
    return "published";
  }

  async #renew(isTimeUp: () => boolean): Promise<StepResult> {
    if (!(await renewDay(this.#context, this.#manifest, isTimeUp))) return "stopped";
    return this.#publish({ facts: { expiresAtSeconds: dayExpiryOf(this.#context) } });
  }

  /**
   * Compares the log with what was flushed. A record that came in behind the watermark moves it back, to before it. The
   * first comparison is never the last: a clock that was ahead may have taken the day for over.
   */
  async #settle(): Promise<StepResult> {
    // All of its log was listed a moment ago: the next sweep compares it.
    if (this.#isListedNow)
      return this.#publish({ facts: { settledMarks: UNKNOWN_MARKS, drainedToMs: this.#drainedToMs } });
    this.#hasCompared = true;
    const { flushedToMs, facts } = this.#manifest;
    const counted = tallyOf(this.#manifest);
    const listed = await tallyLog(this.#context, counted, flushedToMs);
    const hiddenMs = earliestUncounted(counted, listed, this.#context.clock() - COMPARED_MS);
    if (hiddenMs === undefined)
      return this.#publish({
        facts: {
          settledMarks:
            facts.settledMarks === undefined ? UNKNOWN_MARKS : (this.#marks.digest ?? UNKNOWN_MARKS),
          drainedToMs: this.#drainedToMs,
        },
      });
    this.#emptyToMs = 0;
    // Readers take the log from there on again, over the parts, in the order of reception; so does the next flush.
    return this.#publish({
      flushedToMs: hiddenMs - 1,
      facts: {
        flushed: tallyBefore(counted, hiddenMs),
        settledMarks: undefined,
        drainedToMs: 0,
        takenToMs: 0,
      },
    });
  }

  /** Of an index part that is new, and of the day's items, which a shorter retention may have dated before it. */
  async #firstExpiry(): Promise<number> {
    const expiresAtSeconds = dayExpiryOf(this.#context);
    if (this.#manifest.facts.expiresAtSeconds !== undefined) return expiresAtSeconds;
    return earlierExpiry(expiresAtSeconds, await dayItemsExpiry(this.#context));
  }

  /** The fact of when lasting items leave, once there are some that leave at a time. */
  #lasting(expiresAtSeconds: number): FactChange {
    const { facts, parts, index } = this.#manifest;
    const hasOthers = index.length > 0 || parts.some((part) => !isOpenRun(part));
    if (facts.expiresAtSeconds === undefined) return hasOthers ? {} : { expiresAtSeconds };
    return { expiresAtSeconds: earlierExpiry(facts.expiresAtSeconds, expiresAtSeconds) };
  }

  async #publish({ facts, ...change }: Change): Promise<StepResult> {
    // A flush is no proof: a day that is written to always has one, and its next step may end the process again.
    const isFlush = change.flushedToMs !== undefined;
    const attempts = isFlush ? this.#manifest.facts.attempts : NO_ATTEMPTS;
    const isReplaced = await this.#replace({ ...change, facts: { ...facts, attempts } });
    return isReplaced ? "published" : "lost";
  }

  async #replace({ facts, ...change }: Change): Promise<boolean> {
    const { quarantine, table } = this.#context;
    const known = this.#manifest.facts;
    const isSuperseding = change.parts !== undefined || change.index !== undefined;
    const quarantined = Math.max(
      known.quarantined + quarantine.stored - this.#quarantined,
      // A run that ended before its manifest has stored copies that no manifest counts.
      isSuperseding ? quarantine.noted : 0,
    );
    const next = { ...this.#manifest, ...change, facts: { ...known, ...facts, quarantined } };
    const replaced = await replaceManifest(table, this.#context, this.#stored, next);
    if (replaced === undefined) return false;
    this.#stored = replaced;
    this.#quarantined = quarantine.stored;
    return true;
  }

  async #finish(state: "done" | "out of time"): Promise<DayOutcome> {
    await this.#context.quarantine.store();
    const { facts } = this.#manifest;
    const drainedToMs = this.#drainedToMs;
    if (this.#isLeased)
      await this.#replace({ lease: NO_LEASE, facts: { drainedToMs, attempts: NO_ATTEMPTS } });
    else if (drainedToMs > facts.drainedToMs && this.#stored.bytes !== undefined)
      await this.#replace({ facts: { drainedToMs } });
    return this.#outcome(state);
  }

  /** The end of the last marked hour once it is over and its log is empty: a later record comes with a later mark. */
  get #drainedToMs(): number {
    const { facts } = this.#manifest;
    const markedToMs = this.#markedToMs;
    const isDrained = this.#emptyToMs >= markedToMs && this.#context.clock() - SETTLE_MS >= markedToMs;
    return isDrained ? Math.max(facts.drainedToMs, markedToMs) : facts.drainedToMs;
  }

  /** What is past half of its time leaves with its day and not earlier. */
  async #keepOld(): Promise<void> {
    const toMs = this.#context.clock() - KEEP_MS;
    const plan = { fromMs: this.#manifest.flushedToMs + 1, toMs: Number.MAX_SAFE_INTEGER };
    this.#oldestMs = await firstReceived(this.#context, plan);
    if (this.#oldestMs !== undefined && this.#oldestMs < toMs)
      await keepRecords(this.#context, this.#manifest, toMs);
    const old = this.#manifest.parts.filter((part) => isOpenRun(part) && part.createdMs < toMs);
    if (old.length > 0) await keepRuns(this.#context, old);
  }

  #outcome(state: DayOutcome["state"]): DayOutcome {
    const { flushedToMs, facts } = this.#manifest;
    const { day, clock } = this.#context;
    const isEmpty = this.#stored.bytes === undefined && isSettled(this.#manifest, day, clock());
    const isAllDone = state === "done" && (facts.settledMarks !== undefined || isEmpty);
    return {
      state,
      flushedToMs,
      settledToMs: isAllDone ? Math.max(facts.drainedToMs, isEmpty ? this.#drainedToMs : 0) : 0,
      oldestMs: this.#oldestMs,
      ...this.#progress,
      ...this.#errorOf(state),
    };
  }

  #errorOf(state: DayOutcome["state"]): { readonly error?: unknown } {
    const { tenant, day } = this.#context;
    const { held, attempts } = this.#manifest.facts;
    if (this.#error !== undefined) return { error: this.#error };
    if (held.length > 0)
      return {
        error: heldError(
          { tenant, day },
          held.map(({ bucket }) => bucket),
        ),
      };
    return state === "set aside" ? { error: setAsideError({ tenant, day }, attempts) } : {};
  }
}

/** The new parts take the place of the first of their inputs: what was received after them still counts over them. */
function replaceInputs(parts: readonly Part[], inputs: readonly Part[], outputs: readonly Part[]): Part[] {
  const at = parts.findIndex((part) => part.id === inputs[0].id);
  return without(parts.toSpliced(at, 0, ...outputs), inputs);
}

function without<T extends Pick<IndexPart, "id">>(all: readonly T[], some: readonly T[]): T[] {
  const ids = new Set(some.map(({ id }) => id));
  return all.filter(({ id }) => !ids.has(id));
}
