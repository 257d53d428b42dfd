/** What a process that stays warm remembers for its readers, of all tenants: a key of it begins with the tenant's. */
import { WarmCache } from "./warm-cache.ts";
import { WarmIndex } from "./warm-index.ts";
import { WarmLog } from "./warm-log.ts";
import { WarmManifests } from "./warm-manifests.ts";
import { WarmRows } from "./warm-rows.ts";
import { WarmSamples } from "./warm-samples.ts";

export class ReaderMemory {
  readonly index: WarmIndex;
  readonly log: WarmLog;
  readonly manifests: WarmManifests;
  readonly samples: WarmSamples;
  readonly rows: WarmRows;
  readonly #cache: WarmCache;

  constructor(maxBytes: number) {
    this.#cache = new WarmCache(maxBytes);
    this.index = new WarmIndex(this.#cache);
    this.log = new WarmLog(this.#cache);
    this.manifests = new WarmManifests(this.#cache);
    this.samples = new WarmSamples(this.#cache);
    this.rows = new WarmRows(this.#cache);
  }

  /** What it takes, about. */
  get sizeBytes(): number {
    return this.#cache.sizeBytes;
  }
}
