/** The levels of shards that readers of a day look at: each is named by an item, stored before its first record. */
import { dayKey, daysRange, parseDaySortKey } from "../layout/keys.ts";
import { expiry } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import type { Table } from "../table/table.ts";
import { type DayPlace, staysWithDay } from "./day-place.ts";

const NO_VALUE = new Uint8Array(0);

export class DayLevels {
  readonly #place: DayPlace;
  /** Bits of the levels that are named for as long as the day stays. */
  readonly #named = new Set<number>();

  constructor(place: DayPlace) {
    this.#place = place;
  }

  isNamed(bits: number): boolean {
    return this.#named.has(bits);
  }

  /** Learns which levels are named, and returns the shards of all. Throws "unavailable". */
  async load(table: Table): Promise<Shard[]> {
    const { tenant, day } = this.#place;
    const shards: Shard[] = [];
    // One that is damaged is named again.
    const options = { consistent: true, onDamage: () => {} };
    for await (const page of table.query(daysRange(tenant, day, day), options)) {
      for (const item of page) {
        const { shardBits: bits } = parseDaySortKey(item.sk);
        if (staysWithDay(item, this.#place)) this.#named.add(bits);
        for (let prefix = 0; prefix < 2 ** bits; prefix++) shards.push({ bits, prefix });
      }
    }
    return shards;
  }

  /** Names a level that is not named yet. Throws "unavailable". */
  async name(table: Table, bits: number): Promise<void> {
    if (this.isNamed(bits)) return;
    const { tenant, day, retentionMs } = this.#place;
    await table.put({ ...dayKey(tenant, day, bits), value: NO_VALUE, ...expiry(day, retentionMs) });
    this.#named.add(bits);
  }
}
