/**
 * Compaction of one tenant's day: whatever its plan says is due, under a lease, each step published by replacing the manifest.
 * Killed between any two calls it leaves nothing that counts half; whoever comes next reads the manifest and goes on from it.
 */
import { MINUTE_MS } from "../../model/time.ts";
import { type IndexPart, type Manifest, NO_LEASE, type Part } from "../layout/manifest.ts";
import { loadManifest, replaceManifest, type StoredManifest } from "../layout/manifest-store.ts";
import { chunk } from "./chunking.ts";
import { type DayContext, newId } from "./day-context.ts";
import { firstReceived, flush } from "./flush.ts";
import {
  type Chunking,
  type Flush,
  type IndexMerge,
  isSettled,
  isWorthFlushing,
  planChunking,
  planFlush,
  planIndexMerge,
} from "./plan-compaction.ts";
import { mergeIndexParts } from "./store-index.ts";

/** How long a day stays a compactor's own between two of its steps; a dead one's days wait so long. */
export const LEASE_MS = 5 * MINUTE_MS;

export interface DayOutcome {
  /**
   * "done": nothing is due. "out of time": something is. "busy": another compactor works on it, or came in between, and what
   * this one had not published does not count.
   */
  readonly state: "done" | "out of time" | "busy";
  readonly flushes: number;
  /** Of the index. */
  readonly merges: number;
  readonly chunkings: number;
  /** Of records flushed and of samples made chunks. */
  readonly records: number;
  readonly samples: number;
  /** What was received until then is out of the log, in ms. */
  readonly flushedToMs: number;
  /** What was received until then is wholly compacted, in ms; 0 while anything waits for its time. */
  readonly settledToMs: number;
}

export interface CompactDayOptions {
  /** No step is begun after it, in ms, nor after `signal` is aborted; one that has begun is finished. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Flushes all that has settled, however little. Default false. */
  readonly isEager?: boolean | undefined;
}

/** Does what is due until nothing is, or it is time to stop. */
export async function compactDay(context: DayContext, options: CompactDayOptions): Promise<DayOutcome> {
  const stored = await loadManifest(context.table, context.tenant, context.day);
  return new DayCompactor(context, stored, options).run();
}

/** "lost": another compactor came first. "stopped": the time was up, and what is done is noted. */
type StepResult = "published" | "lost" | "stopped";

class DayCompactor {
  readonly #context: DayContext;
  readonly #options: CompactDayOptions;
  readonly #owner: string;
  readonly #progress = { flushes: 0, merges: 0, chunkings: 0, records: 0, samples: 0 };
  #stored: StoredManifest;
  #isLeased = false;
  /** The log was found empty until then, which needs no manifest to say so. */
  #emptyToMs = 0;

  constructor(context: DayContext, stored: StoredManifest, options: CompactDayOptions) {
    this.#context = context;
    this.#owner = newId(context.randomBytes);
    this.#options = options;
    this.#stored = stored;
  }

  async run(): Promise<DayOutcome> {
    const { deadlineMs, signal } = this.#options;
    const isTimeUp = () => signal?.aborted === true || this.#context.clock() >= deadlineMs;
    for (let step = await this.#nextStep(); step !== undefined; step = await this.#nextStep()) {
      if (isTimeUp()) return this.#finish("out of time");
      if (!(await this.#lease())) return this.#outcome("busy");
      const result = await this.#do(step, isTimeUp);
      if (result === "stopped") return this.#finish("out of time");
      if (result === "lost") return this.#outcome("busy");
    }
    return this.#finish("done");
  }

  /** The manifest with what is known beyond it. */
  get #manifest(): Manifest {
    const { manifest } = this.#stored;
    return { ...manifest, flushedToMs: Math.max(manifest.flushedToMs, this.#emptyToMs) };
  }

  async #nextStep(): Promise<Flush | IndexMerge | Chunking | undefined> {
    const nowMs = this.#context.clock();
    const { isEager = false } = this.#options;
    const plan = planFlush(this.#manifest, nowMs, isEager);
    if (plan !== undefined) {
      const fromMs = await firstReceived(this.#context, plan);
      if (fromMs === undefined) this.#emptyToMs = plan.toMs;
      else if (isEager || isWorthFlushing(this.#manifest, plan, fromMs)) return { ...plan, fromMs };
    }
    const { day } = this.#context;
    return planIndexMerge(this.#manifest, day, nowMs) ?? planChunking(this.#manifest, day, nowMs);
  }

  #do(step: Flush | IndexMerge | Chunking, isTimeUp: () => boolean): Promise<StepResult> {
    if (step.kind === "flush") return this.#flush(step);
    return step.kind === "merge" ? this.#merge(step) : this.#chunk(step, isTimeUp);
  }

  async #lease(): Promise<boolean> {
    const { lease } = this.#stored.manifest;
    const nowMs = this.#context.clock();
    if (!this.#isLeased && lease.untilMs > nowMs) return false;
    this.#isLeased = await this.#replace({ lease: { owner: this.#owner, untilMs: nowMs + LEASE_MS } });
    return this.#isLeased;
  }

  async #flush(plan: Flush): Promise<StepResult> {
    const flushed = await flush(this.#context, plan);
    this.#progress.flushes++;
    this.#progress.records += flushed.records;
    const { parts, index } = this.#stored.manifest;
    return this.#publish({
      parts: [...parts, ...flushed.parts],
      index: [...index, ...flushed.index],
      flushedToMs: flushed.flushedToMs,
    });
  }

  async #merge({ inputs }: IndexMerge): Promise<StepResult> {
    const merged = await mergeIndexParts(this.#context, inputs);
    this.#progress.merges++;
    return this.#publish({ index: [...without(this.#stored.manifest.index, inputs), merged] });
  }

  async #chunk(plan: Chunking, isTimeUp: () => boolean): Promise<StepResult> {
    const part = await chunk(this.#context, plan, isTimeUp);
    if (part === undefined) return "stopped";
    this.#progress.chunkings++;
    this.#progress.samples += part.samples;
    return this.#publish({ parts: replaceInputs(this.#stored.manifest.parts, plan.inputs, part) });
  }

  async #publish(change: Partial<Manifest>): Promise<StepResult> {
    return (await this.#replace(change)) ? "published" : "lost";
  }

  async #replace(change: Partial<Manifest>): Promise<boolean> {
    const next = { ...this.#stored.manifest, ...change };
    const replaced = await replaceManifest(this.#context.table, this.#context, this.#stored, next);
    if (replaced !== undefined) this.#stored = replaced;
    return replaced !== undefined;
  }

  async #finish(state: "done" | "out of time"): Promise<DayOutcome> {
    if (this.#isLeased) await this.#replace({ lease: NO_LEASE });
    return this.#outcome(state);
  }

  #outcome(state: DayOutcome["state"]): DayOutcome {
    const manifest = this.#manifest;
    const isAllDone = state === "done" && isSettled(manifest, this.#context.day, this.#context.clock());
    const { flushedToMs } = manifest;
    return { state, flushedToMs, settledToMs: isAllDone ? flushedToMs : 0, ...this.#progress };
  }
}

/** The new part takes the place of the first of its inputs: what was received after them still counts over it. */
function replaceInputs(parts: readonly Part[], inputs: readonly Part[], output: Part): Part[] {
  const at = parts.findIndex((part) => part.id === inputs[0].id);
  return without(parts.toSpliced(at, 0, output), inputs);
}

function without<T extends Pick<IndexPart, "id">>(all: readonly T[], some: readonly T[]): T[] {
  const ids = new Set(some.map(({ id }) => id));
  return all.filter(({ id }) => !ids.has(id));
}
