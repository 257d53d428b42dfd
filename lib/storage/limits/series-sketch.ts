/**
 * About how many different series there are, in 4 KB and without keeping them: a HyperLogLog sketch, whose union with
 * another one counts series of both once. Its error is 1.6 % (one standard deviation).
 * Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017, algorithm 6.
 */

const INDEX_BITS = 12;
export const REGISTERS = 2 ** INDEX_BITS;
/** Bits of a hash that ranks come from. */
const RANK_BITS = 32;
/** New series between two estimates, as a share of the estimate. */
const STALE_SHARE = 1 / 512;

export class SeriesSketch {
  readonly registers: Uint8Array;
  #estimate = 0;
  #changes = 0;

  constructor(registers = new Uint8Array(REGISTERS)) {
    this.registers = registers;
    this.#estimate = estimate(registers);
  }

  /** Adds a series by its hash, `words[at..]`. Returns whether the sketch has changed: it then is a new one. */
  add(words: Int32Array, at: number): boolean {
    // The first word is that of the metric.
    const index = words[at + 1] & (REGISTERS - 1);
    const rank = Math.clz32(words[at + 2]) + 1;
    if (this.registers[index] >= rank) return false;
    this.registers[index] = rank;
    this.#changes++;
    return true;
  }

  /** Adds all series of another sketch. */
  merge(other: Uint8Array): void {
    if (other.length !== REGISTERS) return;
    for (let i = 0; i < REGISTERS; i++) {
      if (other[i] <= this.registers[i] || other[i] > RANK_BITS + 1) continue;
      this.registers[i] = other[i];
      this.#changes = Number.POSITIVE_INFINITY;
    }
  }

  /** About how many series were added. */
  get count(): number {
    // A change of a register stands for more than one series once there are many.
    if (this.#changes > Math.max(0, (this.#estimate * STALE_SHARE) / (1 + this.#estimate / REGISTERS))) {
      this.#estimate = estimate(this.registers);
      this.#changes = 0;
    }
    return this.#estimate;
  }
}

function estimate(registers: Uint8Array): number {
  const counts = new Int32Array(RANK_BITS + 2);
  for (const rank of registers) counts[rank]++;
  if (counts[0] === REGISTERS) return 0;
  let z = REGISTERS * tau(1 - counts[RANK_BITS + 1] / REGISTERS);
  for (let rank = RANK_BITS; rank >= 1; rank--) z = 0.5 * (z + counts[rank]);
  z += REGISTERS * sigma(counts[0] / REGISTERS);
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
}

function sigma(share: number): number {
  let [x, y, z, before] = [share, 1, share, Number.NaN];
  while (z !== before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, y, z, before] = [share, 1, 1 - share, Number.NaN];
  while (z !== before) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
