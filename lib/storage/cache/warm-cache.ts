/**
 * What a warm process keeps from one query to the next: of what never changes alone, so nothing in it is ever wrong, and up to a
 * number of bytes, the least recently used first to go.
 */
import { LRUCache } from "lru-cache";
import { dayPartition } from "../layout/keys.ts";

/** What an entry takes beside its key and its value: its places in the cache's map and lists, about. */
const ENTRY_BYTES = 200;

/** Bytes as a key, or a part of one. */
export function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** What the keys of a tenant's day begin with. */
export function dayKeyOf(tenant: string, day: number): string {
  return keyOf(dayPartition(NO_KIND, tenant, day).finish());
}

/** The cache tells entries of different kinds apart, their keys do not. */
const NO_KIND = 0;

/** Entries of one kind. */
export interface WarmEntries<Value extends object> {
  get(key: string): Value | undefined;
  /** `sizeBytes`: what the value takes in memory, about. One that is larger than the whole cache is not kept. */
  set(key: string, value: Value, sizeBytes: number): void;
}

export class WarmCache {
  readonly maxBytes: number;
  readonly #entries: LRUCache<string, object>;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#entries = new LRUCache({ maxSize: maxBytes });
  }

  /** What it holds, about. */
  get sizeBytes(): number {
    return this.#entries.calculatedSize;
  }

  /** The entries of a kind, `kind` being their only user's. */
  entries<Value extends object>(kind: string): WarmEntries<Value> {
    return {
      get: (key) => this.#entries.get(kind + key) as Value | undefined,
      set: (key, value, sizeBytes) => {
        this.#entries.set(kind + key, value, { size: sizeBytes + 2 * key.length + ENTRY_BYTES });
      },
    };
  }
}
