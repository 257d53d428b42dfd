/**
 * When the series of a request stand in several dictionaries, each takes a record of its own, and a write
 * unit at least. To give them places in one dictionary costs once what its hashes take. The rule is that
 * of renting and buying: what was lost to scattering so far pays for gathering, so that both together
 * cost at most twice what the better choice would have cost.
 */
import { HASH_BYTES } from "../layout/keys.ts";
import { WRITE_UNIT_BYTES } from "../table/table.ts";

/** Bytes of a sample in a record, and of a record's keys and header, about. */
const SAMPLE_BYTES = 1.5;
const RECORD_BYTES = 120;

/** What a request's samples have of one dictionary. */
export interface DictionaryShare {
  readonly dictionary: number;
  readonly series: number;
  readonly samples: number;
}

export interface Gathering {
  /** The dictionaries whose series get a place in the writer's own; none: leave them where they are. */
  readonly from: readonly number[];
  /** What is still owed to scattering, in write units. */
  readonly debtUnits: number;
}

/** `own`: the dictionary that can be added to. `shares`: at least two. */
export function planGathering(shares: readonly DictionaryShare[], own: number, debtUnits: number): Gathering {
  const samples = shares.reduce((sum, share) => sum + share.samples, 0);
  const scattered = shares.reduce((sum, share) => sum + recordUnits(share.samples), 0);
  const owed = debtUnits + scattered - recordUnits(samples);
  const foreign = shares.filter(({ dictionary }) => dictionary !== own).sort((a, b) => b.series - a.series);
  // All of them, or all but the largest: many small ones are gathered at once, and a large one later.
  for (const moved of [foreign, foreign.slice(1)]) {
    const cost = hashUnits(moved.reduce((sum, { series }) => sum + series, 0));
    if (moved.length > 0 && owed >= cost)
      return { from: moved.map(({ dictionary }) => dictionary), debtUnits: owed - cost };
  }
  return { from: [], debtUnits: owed };
}

function recordUnits(samples: number): number {
  return Math.ceil((samples * SAMPLE_BYTES + RECORD_BYTES) / WRITE_UNIT_BYTES);
}

function hashUnits(series: number): number {
  return Math.ceil((series * HASH_BYTES + RECORD_BYTES) / WRITE_UNIT_BYTES);
}
