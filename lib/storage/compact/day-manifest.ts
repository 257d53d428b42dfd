/**
 * The manifest of a day as its compactor knows it. The compactor takes the lease and publishes each
 * step by replacing the manifest with compare and swap.
 */
import { MINUTE_MS } from "../../model/time.ts";
import { indexShardBits } from "../index/index-part.ts";
import { withStrays } from "../layout/index-ids.ts";
import { type Manifest, NO_LEASE } from "../layout/manifest.ts";
import type { ManifestFacts } from "../layout/manifest-facts.ts";
import { replaceManifest, type StoredManifest } from "../layout/manifest-store.ts";
import { type DayContext, newId } from "./day-context.ts";

/**
 * Time that a compactor keeps a day between two of its steps. The days of a compactor that died wait
 * this long.
 */
export const LEASE_MS = 5 * MINUTE_MS;

export const NO_ATTEMPTS = { count: 0, atMs: 0 };

/** "lost": another compactor came first. */
export type PublishResult = "published" | "lost";

type FactChange = Partial<ManifestFacts>;
export type Change = Partial<Omit<Manifest, "facts">> & { readonly facts?: FactChange };

export class DayManifest {
  readonly #context: DayContext;
  readonly #owner: string;
  #stored: StoredManifest;
  #isLeased = false;
  /** Items in quarantine that the manifest counts. */
  #quarantined = 0;

  constructor(context: DayContext, stored: StoredManifest) {
    this.#context = context;
    this.#owner = newId(context.randomBytes);
    this.#stored = stored;
  }

  get current(): Manifest {
    return this.#stored.manifest;
  }

  /** Whether the table holds a manifest of the day. */
  get isStored(): boolean {
    return this.#stored.bytes !== undefined;
  }

  /** Whether this compactor holds the lease. */
  get isLeased(): boolean {
    return this.#isLeased;
  }

  /** Takes or extends the lease, and reserves ids for index parts. Returns false if another compactor holds it. */
  async lease(): Promise<boolean> {
    const { lease, facts } = this.current;
    const nowMs = this.#context.clock();
    if (!this.#isLeased && lease.untilMs > nowMs) return false;
    // A process that ends without a word has left its attempt here.
    const attempts = this.#isLeased ? facts.attempts : { count: facts.attempts.count + 1, atMs: nowMs };
    const next = { owner: this.#owner, untilMs: nowMs + LEASE_MS };
    const { indexIds: ids, randomBytes } = this.#context;
    const indexIds = ids.reserve(facts.indexIds, randomBytes);
    this.#isLeased = await this.replace({ lease: next, facts: { attempts, indexIds } });
    if (!this.#isLeased) ids.cancel();
    return this.#isLeased;
  }

  /** Gives the lease back, and forgets the attempts that failed. */
  async endLease(facts: FactChange = {}): Promise<void> {
    await this.replace({ lease: NO_LEASE, facts: { ...facts, attempts: NO_ATTEMPTS } });
  }

  /** Publishes the result of a step. */
  async publish({ facts, ...change }: Change): Promise<PublishResult> {
    // A flush proves nothing: a day in use always has one, and its next step may end the process.
    const isFlush = change.flushedToMs !== undefined;
    const attempts = isFlush ? this.current.facts.attempts : NO_ATTEMPTS;
    const isReplaced = await this.replace({ ...change, facts: { ...facts, attempts } });
    return isReplaced ? "published" : "lost";
  }

  /** Stores the manifest with a change. Returns false if another compactor stored one before. */
  async replace({ facts, ...change }: Change): Promise<boolean> {
    const { quarantine, table } = this.#context;
    const known = this.current.facts;
    const isSuperseding = change.parts !== undefined || change.index !== undefined;
    const quarantined = Math.max(
      known.quarantined + quarantine.stored - this.#quarantined,
      // A run that ended before its manifest has stored copies that no manifest counts.
      isSuperseding ? quarantine.noted : 0,
    );
    const changed = { ...this.current, ...change, facts: { ...known, ...facts, quarantined } };
    const next = withIndexIds(this.current, changed, this.#context.clock());
    const replaced = await replaceManifest(table, this.#context, this.#stored, next);
    if (replaced === undefined) return false;
    this.#stored = replaced;
    this.#quarantined = quarantine.stored;
    return true;
  }
}

/** What a new manifest says of ids once it names other index parts. */
export function withIndexIds<T extends Omit<Manifest, "generation">>(
  before: Pick<Manifest, "index">,
  next: T,
  nowMs: number,
): T {
  const { index, facts } = next;
  if (facts.indexIds === undefined) return next;
  const named = new Set(index.map(({ id }) => id));
  const removed = before.index.flatMap(({ id }) => (named.has(id) ? [] : [id]));
  const series = index.reduce((sum, part) => sum + part.series, 0);
  // A merge of all of them has no more.
  const bits = [indexShardBits(series), ...[...before.index, ...index].map(({ shardBits }) => shardBits)];
  const indexIds = withStrays(facts.indexIds, removed, nowMs);
  const maxBits = Math.max(indexIds.maxBits, ...bits);
  return { ...next, facts: { ...facts, indexIds: { ...indexIds, maxBits } } };
}
