/**
 * The lease of a day while an import writes its parts: a compactor leaves the day alone meanwhile, and `gc` the parts that no
 * manifest names yet. Compare and swap alone keeps the day right.
 */

import { type DayContext, newId } from "../compact/day-context.ts";
import { LEASE_MS } from "../compact/day-manifest.ts";
import type { IndexIds } from "../layout/index-ids.ts";
import { type Lease, NO_LEASE } from "../layout/manifest.ts";
import { loadManifest, replaceManifest } from "../layout/manifest-store.ts";

const MAX_ATTEMPTS = 10;

export class DayLease {
  readonly owner: string;
  readonly #context: DayContext;
  readonly #indexBits: number;
  #untilMs = 0;

  /** `indexBits`: leading bits by which the parts of the index will be partitioned. */
  constructor(context: DayContext, indexBits = 0) {
    this.#context = context;
    this.#indexBits = indexBits;
    this.owner = newId(context.randomBytes);
  }

  /** Whether half of its time has passed. */
  get isDue(): boolean {
    return this.#context.clock() > this.#untilMs - LEASE_MS / 2;
  }

  /** Takes or extends it, and reserves ids for index parts. Returns false if another holds it. Throws "unavailable". */
  async hold(): Promise<boolean> {
    const untilMs = this.#context.clock() + LEASE_MS;
    const isHeld = await this.#replace({ owner: this.owner, untilMs });
    if (isHeld) this.#untilMs = untilMs;
    else this.#context.indexIds.cancel();
    return isHeld;
  }

  /** Gives it back, if it is still held. Throws "unavailable". */
  async release(): Promise<void> {
    const { table, tenant, day } = this.#context;
    const { manifest } = await loadManifest(table, tenant, day);
    if (manifest.lease.owner === this.owner) await this.#replace(NO_LEASE);
  }

  #reserve(known: IndexIds | undefined): IndexIds {
    const { indexIds, randomBytes } = this.#context;
    const ids = indexIds.reserve(known, randomBytes);
    return { ...ids, maxBits: Math.max(ids.maxBits, this.#indexBits) };
  }

  async #replace(lease: Lease): Promise<boolean> {
    const { table, tenant, day, clock } = this.#context;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const previous = await loadManifest(table, tenant, day);
      const known = previous.manifest.lease;
      if (known.owner !== this.owner && known.untilMs > clock()) return false;
      const { facts } = previous.manifest;
      const indexIds = lease === NO_LEASE ? facts.indexIds : this.#reserve(facts.indexIds);
      const next = { ...previous.manifest, lease, facts: { ...facts, indexIds } };
      if ((await replaceManifest(table, this.#context, previous, next)) !== undefined) return true;
      // The manifest that came instead may have given the number to another.
      this.#context.indexIds.cancel();
    }
    return false;
  }
}
