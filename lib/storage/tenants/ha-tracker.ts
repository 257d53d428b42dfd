/**
 * High availability: two Prometheus replicas scrape the same targets and both write. One of them is elected. The samples of
 * the other are omitted until nothing of the elected one has been stored for a while. As Mimir does it
 * (https://grafana.com/docs/mimir/latest/configure/configure-high-availability-deduplication/), with its times.
 *
 * The table has an item for each cluster of a tenant that says who is elected:
 *
 *     stored time     varint, ms: when samples of the elected replica were stored last, at most UPDATE_MS old
 *     replica         text
 *
 * The item is replaced by compare and swap alone, so two functions never elect two replicas. What a warm function remembers
 * is at most too old, so it asks the table before it elects another replica.
 */
import { HearthError } from "../../model/errors.ts";
import { shorten } from "../../model/shorten.ts";
import { type Clock, DAY_MS, SECOND_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter, decodeText } from "../codec/bytes.ts";
import { electionKey } from "../layout/tenant-keys.ts";
import type { Item, Table } from "../table/table.ts";

/** How often the time in the table follows. */
export const UPDATE_MS = 15 * SECOND_MS;
/** From then on the elected replica may be failing: the other one is asked to retry and loses nothing. */
export const UNSURE_MS = 20 * SECOND_MS;
/** From then on the other replica is elected. */
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
  readonly storedMs: number;
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
   * Whether a replica's samples are to be stored: it is elected, or has just been. Throws "unavailable" while it is unsure
   * whether the elected replica still stores any, and when it lost every compare and swap.
   */
  async accepts(table: Table, tenant: string, { cluster, replica }: Replica): Promise<boolean> {
    const cacheKey = keyOf(tenant, cluster);
    const cached = this.#cache.get(cacheKey);
    const startMs = this.#clock();
    // Past the failover another function may have elected the other one.
    if (cached !== undefined && startMs - cached.storedMs < FAILOVER_MS) {
      const verdict = judge(cached, replica, startMs);
      if (verdict !== "unsure") return verdict === "elected";
    }
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const nowMs = this.#clock();
      const election = await loadElection(table, tenant, cluster);
      if (election !== undefined) this.#remember(cacheKey, election);
      const verdict = election === undefined ? "to be elected" : judge(election, replica, nowMs);
      if (verdict === "elected" || verdict === "not elected") return verdict === "elected";
      if (verdict === "unsure") throw unsure(cluster, replica, election!, nowMs);
      // Until something of it is stored, the other one is asked to retry.
      const next = encodeElection(replica, nowMs - UNSURE_MS);
      if (await storeElection(table, tenant, cluster, election, next)) {
        this.#remember(cacheKey, next);
        return true;
      }
    }
    const what = `election of a replica of cluster ${shorten(cluster)}`;
    throw new HearthError("unavailable", `${what}: lost to other functions ${MAX_ATTEMPTS} times`);
  }

  /** Notes that samples of an accepted replica are stored. Throws "unavailable". */
  async noteStored(table: Table, tenant: string, { cluster, replica }: Replica): Promise<void> {
    const cacheKey = keyOf(tenant, cluster);
    const nowMs = this.#clock();
    const election = this.#cache.get(cacheKey);
    if (election?.replica !== replica || nowMs - election.storedMs < UPDATE_MS) return;
    const next = encodeElection(replica, nowMs);
    if (await storeElection(table, tenant, cluster, election, next)) this.#remember(cacheKey, next);
    // Another function noted it, or elected another replica: the next request asks the table.
    else this.#cache.delete(cacheKey);
  }

  #remember(cacheKey: string, election: Election): void {
    if (this.#cache.size >= MAX_CACHED_CLUSTERS) this.#cache.clear();
    this.#cache.set(cacheKey, election);
  }
}

type Verdict = "elected" | "not elected" | "unsure" | "to be elected";

function judge(election: Election, replica: string, nowMs: number): Verdict {
  if (election.replica === replica) return "elected";
  const silentMs = nowMs - election.storedMs;
  if (silentMs >= FAILOVER_MS) return "to be elected";
  return silentMs >= UNSURE_MS ? "unsure" : "not elected";
}

function unsure(cluster: string, replica: string, election: Election, nowMs: number): HearthError {
  const [own, elected] = [shorten(replica), shorten(election.replica)];
  const silence = `nothing of the elected replica ${elected} was stored for ${nowMs - election.storedMs} ms`;
  return new HearthError("unavailable", `replica ${own} of cluster ${shorten(cluster)}: ${silence}; retry`);
}

function keyOf(tenant: string, cluster: string): string {
  return `${tenant}/${cluster}`;
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
    expiresAtSeconds: Math.ceil((next.storedMs + FORGET_MS) / SECOND_MS),
  };
  return before === undefined ? table.putIfAbsent(item) : table.putIfEqual(item, before.stored);
}

function encodeElection(replica: string, storedMs: number): Election {
  const stored = new ByteWriter().writeVarint(storedMs).writeText(replica).finish();
  return { replica, storedMs, stored };
}

async function loadElection(table: Table, tenant: string, cluster: string): Promise<Election | undefined> {
  const item = await table.get(electionKey(tenant, cluster), { consistent: true });
  if (item === undefined) return undefined;
  const what = "election of a replica";
  const reader = new ByteReader(item.value, what);
  const storedMs = reader.readVarint();
  return { storedMs, replica: decodeText(reader.readBytes(reader.remaining), what), stored: item.value };
}
