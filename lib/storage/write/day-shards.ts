/** What a writer knows of the shards of a day, at every level. */
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Clock } from "../../model/time.ts";
import type { Shard } from "../layout/shard.ts";
import { UNKNOWN } from "../series/series-registry.ts";
import type { DayPlace } from "./day-place.ts";
import { LevelDictionary, newDictionaryId } from "./own-dictionary.ts";
import { isRecorded } from "./reference-table.ts";
import { ShardWriter } from "./shard-writer.ts";

export interface DayShardsOptions {
  readonly place: DayPlace;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Of the process' hash tables. */
  readonly factors: Int32Array;
}

/** The shards of a level, by prefix. */
interface Level {
  readonly dictionary: LevelDictionary;
  readonly shards: Map<number, ShardWriter>;
}

export class DayShards {
  readonly #options: DayShardsOptions;
  /** By bits. */
  readonly #levels = new Map<number, Level>();

  constructor(options: DayShardsOptions) {
    this.#options = options;
  }

  get sizeBytes(): number {
    return this.#sum(({ sizeBytes }) => sizeBytes);
  }

  /** Series that it knows, about: each level of shards may have some that others have too. */
  get seriesCount(): number {
    let most = 0;
    for (const { shards } of this.#levels.values()) {
      let count = 0;
      for (const { seriesCount } of shards.values()) count += seriesCount;
      most = Math.max(most, count);
    }
    return most;
  }

  /** Dictionaries that were begun. */
  get begunDictionaries(): number {
    return this.#sum(({ begunDictionaries }) => begunDictionaries);
  }

  /** Forgets the series that were not used of late, and others until a share of the memory is free. */
  forget(share: number): void {
    for (const { shards } of this.#levels.values()) for (const shard of shards.values()) shard.forget(share);
  }

  /** A shard's writer, which is made when it is first asked for. */
  of(shard: Shard): ShardWriter {
    const { dictionary, shards } = this.#level(shard.bits);
    let found = shards.get(shard.prefix);
    if (found === undefined) {
      const { place, factors } = this.#options;
      found = new ShardWriter(shard, { place, factors, level: dictionary });
      shards.set(shard.prefix, found);
    }
    return found;
  }

  /** The dictionary that the shards of a level add to. */
  dictionaryOf(bits: number): LevelDictionary {
    return this.#level(bits).dictionary;
  }

  /** Whether some shard knows that readers find the series at `words[at..]`. */
  isRecorded(words: Int32Array, at: number): boolean {
    for (const [bits, { shards }] of this.#levels) {
      const place = shards.get((words[at] & 0xff) >>> (8 - bits))?.find(words, at) ?? UNKNOWN;
      if (place !== UNKNOWN && isRecorded(place)) return true;
    }
    return false;
  }

  #level(bits: number): Level {
    let level = this.#levels.get(bits);
    if (level === undefined) {
      const { place, clock, randomBytes } = this.#options;
      const dictionary = new LevelDictionary(() => newDictionaryId(place.day, clock(), randomBytes));
      level = { dictionary, shards: new Map() };
      this.#levels.set(bits, level);
    }
    return level;
  }

  #sum(figure: (shard: ShardWriter) => number): number {
    let sum = 0;
    for (const { shards } of this.#levels.values()) for (const shard of shards.values()) sum += figure(shard);
    return sum;
  }
}
