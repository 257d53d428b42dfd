/** A round: one data set in both, and lookups over it. A seed is a round, the number of a lookup one of its lookups. */
import { type Peer, type PeerSettings, startHearth, startPrometheus } from "../promql-fuzz/peers.ts";
import { Random } from "../simulation/random.ts";
import { differenceOf, readAnswer } from "./answer.ts";
import { type LookupData, makeData } from "./data.ts";
import type { Federation } from "./federation.ts";
import { knownReason } from "./known-differences.ts";
import { initOf, type Lookup, urlOf } from "./lookup.ts";
import { randomLookup } from "./lookups/random-lookup.ts";
import type { ScrapedMetadata } from "./scraped-metadata.ts";
import { writeInit } from "./write-body.ts";

const SETTINGS: PeerSettings = {
  useStartTimestamps: false,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
};
/** Of Prometheus: all of a data set is in its head, each series in one chunk. */
const BLOCK = "31d";

/** How the answers differ, if they do, and the reason where that is known. */
export type Compared =
  | { readonly difference: undefined }
  | { readonly difference: string; readonly reason: string | undefined };

/** What all rounds ask. */
export interface Shared {
  readonly metadata: ScrapedMetadata;
  readonly federation: Federation;
}

export class Round implements AsyncDisposable {
  readonly seed: number;
  /** Hearth reads what its compactor has made, else what its writers have. */
  readonly isCompacted: boolean;
  readonly data: LookupData;
  readonly #prometheus: Peer;
  readonly #shared: Shared;
  readonly #hearth: Peer;

  private constructor(
    made: Pick<Round, "seed" | "isCompacted" | "data">,
    prometheus: Peer,
    shared: Shared,
    hearth: Peer,
  ) {
    this.seed = made.seed;
    this.isCompacted = made.isCompacted;
    this.data = made.data;
    this.#prometheus = prometheus;
    this.#shared = shared;
    this.#hearth = hearth;
  }

  /** Starts both and stores the data set of `seed` in them. */
  static async start(seed: number, prometheusPath: string, shared: Shared): Promise<Round> {
    const random = new Random(seed);
    const isCompacted = random.chance(0.5);
    const data = makeData(random);
    const prometheus = await startPrometheus(prometheusPath, SETTINGS, BLOCK);
    const hearth = await startHearth(data.endMs, SETTINGS);
    const round = new Round({ seed, isCompacted, data }, prometheus, shared, hearth);
    try {
      for (const peer of [prometheus, hearth]) await write(peer, data);
      if (isCompacted) await hearth.compact();
      return round;
    } catch (error) {
      await round[Symbol.asyncDispose]();
      throw error;
    }
  }

  lookup(number: number): Lookup {
    const mixed = Math.imul(this.seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(number, 0xc2b2ae35);
    return randomLookup(new Random(mixed), this.data);
  }

  async answers(lookup: Lookup) {
    const [url, init] = [urlOf(lookup), initOf(lookup)];
    const [theirs, ours] = await Promise.all(
      this.#askedBy(lookup).map(async (fetchFrom) => readAnswer(await fetchFrom(url, init))),
    );
    return { theirs, ours };
  }

  #askedBy({ kind, path }: Lookup) {
    const fetchOf = (peer: Pick<Peer, "fetch">) => peer.fetch.bind(peer);
    if (kind === "federate") return [this.#shared.federation.theirs, this.#shared.federation.ours];
    const prometheus = path === "/api/v1/metadata" ? this.#shared.metadata : this.#prometheus;
    return [fetchOf(prometheus), fetchOf(this.#hearth)];
  }

  async compare(lookup: Lookup): Promise<Compared> {
    const { theirs, ours } = await this.answers(lookup);
    const difference = differenceOf(ours, theirs);
    if (difference === undefined) return { difference };
    return { difference, reason: knownReason({ lookup, ours, theirs, data: this.data }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus[Symbol.asyncDispose]();
    await this.#hearth[Symbol.asyncDispose]();
  }
}

async function write(peer: Peer, data: LookupData): Promise<void> {
  const response = await peer.fetch("/api/v1/write", writeInit(data));
  if (!response.ok) throw new Error(`refused: status=${response.status} ${await response.text()}`);
}
