/**
 * The access keys that a process knows, and ids that it knows to be none. Anybody may send any id, so
 * unknown ids never displace keys, and are looked up at a bounded rate.
 */
import { HearthError } from "../model/errors.ts";
import { type Clock, SECOND_MS } from "../model/time.ts";
import type { Table } from "../storage/table/table.ts";
import { type AccessKey, newSecretCheck, type SecretCheck } from "./access-key.ts";
import { findKey } from "./key-store.ts";

/** How long a key, or its absence, is cached. */
export const KEY_CACHE_MS = 30 * SECOND_MS;
export const MISSING_KEY_CACHE_MS = 5 * SECOND_MS;
/** Keys, and ids that are none, at most. */
export const MAX_CACHED_KEYS = 10_000;
/** Look-ups of ids that are not known as keys, of one process: a second's, and at once. */
export const UNKNOWN_PER_SECOND = 50;
export const UNKNOWN_AT_ONCE = 200;

export interface FoundKey {
  readonly key: AccessKey | undefined;
  readonly isSecret: SecretCheck;
}

/**
 * Stands for a missing key. The secret is compared with it, so a wrong id takes as long as a wrong
 * secret.
 */
export const UNKNOWN: FoundKey = {
  key: undefined,
  isSecret: newSecretCheck({ salt: "00".repeat(16), secretHash: "00".repeat(32) }),
};

export class KeyCache {
  readonly #clock: Clock;
  readonly #known = new Map<string, FoundKey & { readonly untilMs: number }>();
  /** Until when an id is taken for none. */
  readonly #missing = new Map<string, number>();
  #lookups = UNKNOWN_AT_ONCE;
  #countedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is known of a key without a call; undefined for one that has to be looked up. */
  known(id: string): FoundKey | undefined {
    const known = this.#known.get(id);
    return known !== undefined && this.#clock() < known.untilMs ? known : undefined;
  }

  /** Throws "unavailable" when the table does not respond, or too many unknown ids came. */
  async find(table: Table, id: string): Promise<FoundKey> {
    const now = this.#clock();
    const known = this.#known.get(id);
    if (known !== undefined && now < known.untilMs) return known;
    if (now < (this.#missing.get(id) ?? 0)) return UNKNOWN;
    if (known === undefined) this.#countLookup(now);
    const key = await findKey(table, id);
    if (key === undefined) {
      this.#known.delete(id);
      put(this.#missing, id, now + MISSING_KEY_CACHE_MS);
      return UNKNOWN;
    }
    this.#missing.delete(id);
    const found = { key, isSecret: newSecretCheck(key), untilMs: now + KEY_CACHE_MS };
    put(this.#known, id, found);
    return found;
  }

  #countLookup(nowMs: number): void {
    const gained = (Math.max(0, nowMs - this.#countedMs) / SECOND_MS) * UNKNOWN_PER_SECOND;
    this.#lookups = Math.min(UNKNOWN_AT_ONCE, this.#lookups + gained);
    this.#countedMs = Math.max(this.#countedMs, nowMs);
    if (this.#lookups < 1) {
      throw new HearthError(
        "unavailable",
        `access keys: more than ${UNKNOWN_PER_SECOND} unknown ids a second; send the request again`,
      );
    }
    this.#lookups--;
  }
}

/** The oldest entry makes room for a new one. */
function put<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id);
  if (map.size >= MAX_CACHED_KEYS) map.delete(map.keys().next().value!);
  map.set(id, value);
}
