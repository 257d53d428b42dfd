/**
 * The best values of a step, chosen among equals as Prometheus chooses. Prometheus keeps a heap
 * with the worst value on top, and replaces the top by better values only. So the choice among
 * equal series, and their order in an instant query, are the same if both see the series in one
 * order.
 * https://github.com/prometheus/prometheus/blob/main/promql/engine.go (`aggregationK`); the heap is
 * Go's `container/heap`.
 */

/** The place of a series, and its value. */
export interface Ranked {
  readonly place: number;
  readonly value: number;
}

/** Whether `a` is removed before `b`: NaN always is, even before another NaN. */
export type IsWorse = (a: number, b: number) => boolean;

/** Values that are sorted by insertion; more would take the square of their number. */
const MAX_INSERTIONS = 12;

/** For `topk`. */
export const isLower: IsWorse = (a, b) => Number.isNaN(a) || a < b;
/** For `bottomk`. */
export const isHigher: IsWorse = (a, b) => Number.isNaN(a) || a > b;

export class TopHeap {
  readonly #max: number;
  readonly #isWorse: IsWorse;
  readonly #heap: Ranked[] = [];

  /** Keeps `max` values, at least one. */
  constructor(max: number, isWorse: IsWorse) {
    this.#max = max;
    this.#isWorse = isWorse;
  }

  add(one: Ranked): void {
    const heap = this.#heap;
    if (heap.length < this.#max) {
      heap.push(one);
      this.#rise(heap.length - 1);
    } else if (this.#isWorse(heap[0].value, one.value) && !Number.isNaN(one.value)) {
      heap[0] = one;
      this.#sink();
    }
  }

  /** In heap order: the worst first, the others unsorted. */
  unsorted(): readonly Ranked[] {
    return this.#heap;
  }

  /**
   * The best first, in the order of an insertion sort, as Go sorts up to twelve values: equals keep
   * their order in the heap, except NaN, whose order is reversed.
   */
  best(): readonly Ranked[] {
    const heap = this.#heap;
    if (heap.length > MAX_INSERTIONS) return this.#sorted();
    for (let i = 1; i < heap.length; i++) {
      for (let j = i; j > 0 && this.#isWorse(heap[j - 1].value, heap[j].value); j--) this.#swap(j - 1, j);
    }
    return heap;
  }

  /** The same order, in less than the square of the number of values. */
  #sorted(): Ranked[] {
    const isNone = ({ value }: Ranked) => Number.isNaN(value);
    const compare = (a: Ranked, b: Ranked) =>
      this.#isWorse(a.value, b.value) ? 1 : this.#isWorse(b.value, a.value) ? -1 : 0;
    const numbers = this.#heap.filter((one) => !isNone(one)).sort(compare);
    return [...numbers, ...this.#heap.filter(isNone).reverse()];
  }

  #rise(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#isWorseAt(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #sink(): void {
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && this.#isWorseAt(right, left) ? right : left;
      if (!this.#isWorseAt(child, i)) return;
      this.#swap(i, child);
      i = child;
    }
  }

  #isWorseAt(i: number, j: number): boolean {
    return this.#isWorse(this.#heap[i].value, this.#heap[j].value);
  }

  #swap(i: number, j: number): void {
    const heap = this.#heap;
    [heap[i], heap[j]] = [heap[j], heap[i]];
  }
}
