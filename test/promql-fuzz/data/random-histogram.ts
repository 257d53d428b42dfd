/** Random native histograms of one series: counts that grow, with resets and changes of the layout now and then. */
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../../lib/model/histogram.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import type { Random } from "../../simulation/random.ts";

export interface HistogramStyle {
  readonly kind: Histogram["kind"];
  readonly isCustom: boolean;
  readonly isGauge: boolean;
  /** Has the buckets alone that have observed something, else all of them. */
  readonly isSparse: boolean;
}

/** Buckets of either side. */
const [FIRST, LAST] = [-3, 8];

const BOUNDS = [
  [0.1, 1, 10],
  [0.1, 0.5, 1, 10],
  [1, 10],
  [0.1, 1, 10, 100],
  [-1, 0, 1],
];
const SCHEMAS = [0, 0, 0, 1, 2, 3, -1];
/** A quarter is where buckets end in every schema. */
const THRESHOLDS = [0, 0.001, 0.001, 0.25];

export class HistogramMaker {
  readonly #random: Random;
  readonly #style: HistogramStyle;
  readonly #accidents: number;
  #schema: number;
  #threshold: number;
  #bounds: readonly number[];
  readonly #hasNegatives: boolean;
  readonly #positive = new Map<number, number>();
  readonly #negative = new Map<number, number>();
  #zeroCount = 0;
  #sum = 0;

  constructor(random: Random, style: HistogramStyle) {
    this.#random = random;
    this.#style = style;
    this.#accidents = random.pick([0, 0, 0.02, 0.1]);
    this.#schema = random.pick(SCHEMAS);
    this.#threshold = random.pick(THRESHOLDS);
    this.#bounds = random.pick(BOUNDS);
    this.#hasNegatives = !style.isCustom && random.chance(0.4);
    this.#clear();
  }

  next(): Histogram {
    const random = this.#random;
    if (random.chance(this.#accidents)) this.#accident();
    for (let i = random.between(0, 3); i > 0; i--) this.#observe();
    const { kind, isCustom, isGauge } = this.#style;
    return histogram({
      kind,
      counterResetHint: isGauge ? "gauge" : "unknown",
      schema: isCustom ? CUSTOM_BUCKETS_SCHEMA : this.#schema,
      customBounds: Float64Array.from(isCustom ? this.#bounds : []),
      zeroThreshold: isCustom ? 0 : this.#threshold,
      zeroCount: this.#zeroCount + this.#countBelow(this.#positive) + this.#countBelow(this.#negative),
      sum: this.#sum,
      positive: bucketsOf(...this.#buckets(this.#positive)),
      negative: bucketsOf(...this.#buckets(this.#negative)),
    });
  }

  /** By index, those within the zero bucket left away. */
  #buckets(counts: ReadonlyMap<number, number>): [number, number][] {
    return [...counts].filter(([index]) => !this.#isBelow(index)).sort(([a], [b]) => a - b);
  }

  #countBelow(counts: ReadonlyMap<number, number>): number {
    return [...counts].reduce((total, [index, count]) => (this.#isBelow(index) ? total + count : total), 0);
  }

  #isBelow(index: number): boolean {
    return !this.#style.isCustom && 2 ** (index * 2 ** -this.#schema) <= this.#threshold;
  }

  #accident(): void {
    const random = this.#random;
    if (random.chance(0.6)) this.#clear();
    if (random.chance(0.3)) this.#schema = random.pick(SCHEMAS);
    if (random.chance(0.2)) this.#threshold = random.pick(THRESHOLDS);
    if (!random.chance(0.3)) return;
    // Other bounds are another histogram.
    this.#bounds = random.pick(BOUNDS);
    this.#clear();
  }

  #clear(): void {
    this.#positive.clear();
    this.#negative.clear();
    [this.#zeroCount, this.#sum] = [0, 0];
    if (this.#style.isSparse) return;
    const [first, last] = this.#style.isCustom ? [0, this.#bounds.length] : [FIRST, LAST];
    for (let index = first; index <= last; index++) {
      this.#positive.set(index, 0);
      if (this.#hasNegatives) this.#negative.set(index, 0);
    }
  }

  #observe(): void {
    const random = this.#random;
    const count = this.#style.kind === "integer" ? random.between(1, 4) : random.next() * 4;
    if (this.#style.isCustom) {
      add(this.#positive, random.between(0, this.#bounds.length), count);
    } else if (random.chance(0.1)) this.#zeroCount += count;
    else {
      const isNegative = this.#hasNegatives && random.chance(0.3);
      add(isNegative ? this.#negative : this.#positive, random.between(FIRST, LAST), count);
    }
    this.#sum += count * random.next() * 10;
  }
}

function add(buckets: Map<number, number>, index: number, count: number): void {
  buckets.set(index, (buckets.get(index) ?? 0) + count);
}
