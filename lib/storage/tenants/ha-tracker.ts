/**
 * High availability: two Prometheus replicas scrape the same targets and both write. One of them is elected, the samples of
 * the other are left out, until the elected one has not been heard of for a while. As Mimir does it
 * (https://grafana.com/docs/mimir/latest/configure/configure-high-availability-deduplication/), with its times.
 *
 * Who is elected stands in the table, an item for each cluster of a tenant:
 *
 *     received time   varint, ms: when the elected replica was heard of, at most UPDATE_MS behind
 *     replica         text
 *
 * It is replaced by compare and swap alone, so two functions never elect two replicas. A warm function remembers it; what it
 * remembers is at most too old, so that it asks the table before it elects another one.
 */
import { HearthError } from "../../model/errors.ts";
import { shorten } from "../../model/shorten.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter, decodeText } from "../codec/bytes.ts";
import { electionKey } from "../layout/keys.ts";
import type { Item, Table } from "../table/table.ts";

/** How often it is noted that the elected replica still writes. */
export const UPDATE_MS = 15 * SECOND_MS;
/** After so long without it the other replica is elected. */
export const FAILOVER_MS = 30 * SECOND_MS;
/** After which a cluster that nobody writes for is forgotten. */
const FORGET_MS = DAY_MS;
/** Clusters remembered at most: what anybody with a key may send must not fill the memory. */
const MAX_CACHED_CLUSTERS = 10_000;
/** Each one lost is one that another function won. */
const MAX_ATTEMPTS = 4;

export interface Replica {
  readonly cluster: string;
  readonly replica: string;
}

interface Election {
  readonly replica: string;
  readonly receivedMs: number;
  /** The item's value, for the compare and swap. */
  readonly stored: Uint8Array;
}

export class HaTracker {
  readonly #clock: Clock;
  readonly #cache = new Map<string, Election>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether a replica's samples are to be stored: it is elected, or has just been. Throws "unavailable", also when it lost every
   * compare and swap.
   */
  async accepts(table: Table, tenant: string, { cluster, replica }: Replica): Promise<boolean> {
    const cacheKey = `${tenant}/${cluster}`;
    const remembered = judge(this.#cache.get(cacheKey), replica, this.#clock());
    if (remembered !== undefined) return remembered;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const nowMs = this.#clock();
      const election = await loadElection(table, tenant, cluster);
      if (election !== undefined) this.#remember(cacheKey, election);
      const verdict = judge(election, replica, nowMs);
      if (verdict !== undefined) return verdict;
      const next = encodeElection(replica, nowMs);
      if (await storeElection(table, tenant, cluster, election, next)) {
        this.#remember(cacheKey, next);
        return true;
      }
    }
    const what = `election of a replica of cluster ${shorten(cluster)}`;
    throw new HearthError("unavailable", `${what}: lost to other functions ${MAX_ATTEMPTS} times`);
  }

  #remember(cacheKey: string, election: Election): void {
    if (this.#cache.size >= MAX_CACHED_CLUSTERS) this.#cache.clear();
    this.#cache.set(cacheKey, election);
  }
}

/** Whether a replica's samples are to be stored, or undefined: whoever asks is to be elected. */
function judge(election: Election | undefined, replica: string, nowMs: number): boolean | undefined {
  if (election === undefined) return undefined;
  const silentMs = nowMs - election.receivedMs;
  const isElected = election.replica === replica;
  if (silentMs >= (isElected ? UPDATE_MS : FAILOVER_MS)) return undefined;
  return isElected;
}

/** False when somebody else came first. */
function storeElection(
  table: Table,
  tenant: string,
  cluster: string,
  before: Election | undefined,
  next: Election,
): Promise<boolean> {
  const item: Item = {
    ...electionKey(tenant, cluster),
    value: next.stored,
    expiresAtSeconds: Math.ceil((next.receivedMs + FORGET_MS) / SECOND_MS),
  };
  return before === undefined ? table.putIfAbsent(item) : table.putIfEqual(item, before.stored);
}

function encodeElection(replica: string, receivedMs: number): Election {
  const stored = new ByteWriter().writeVarint(receivedMs).writeText(replica).finish();
  return { replica, receivedMs, stored };
}

async function loadElection(table: Table, tenant: string, cluster: string): Promise<Election | undefined> {
  const item = await table.get(electionKey(tenant, cluster), { consistent: true });
  if (item === undefined) return undefined;
  const what = "election of a replica";
  const reader = new ByteReader(item.value, what);
  const receivedMs = reader.readVarint();
  return { receivedMs, replica: decodeText(reader.readBytes(reader.remaining), what), stored: item.value };
}
